import { z } from 'zod'
import type { JsonObject } from './document.ts'

/** A zod schema as JSON Schema 2020-12, as OpenAPI 3.1 takes it; `io` says which side of its transforms is shown. */
export function jsonSchemaOf(schema: unknown, io: 'input' | 'output'): JsonObject {
  const { $schema: _, ...shown } = z.toJSONSchema(schema as z.ZodType, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // zod leaves them out of what is transformed; here they always show what is sent.
      const { examples } = z.globalRegistry.get(zodSchema) ?? {}
      if (Array.isArray(examples)) jsonSchema.examples = examples
      // The limits of JavaScript's own numbers say nothing about the value.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
    }
  })
  return shown
}
