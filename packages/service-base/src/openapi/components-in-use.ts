import type { JsonObject, OpenApiDocument } from './document.ts'

/** The document without components that nothing refers to. */
export function withComponentsInUse(document: OpenApiDocument): OpenApiDocument {
  const { components = {}, paths } = document
  const used = new Set<string>()
  const follow = (value: unknown): void => {
    for (const ref of refsIn(value)) {
      if (used.has(ref)) continue
      used.add(ref)
      const [kind = '', name = ''] = ref.split('/').slice(2)
      follow(components[kind]?.[name])
    }
  }
  follow(paths)
  const kept = Object.entries(components).map(([kind, named]) => {
    const inUse = Object.entries(named).filter(
      ([name]) => kind === 'securitySchemes' || used.has(`#/components/${kind}/${name}`)
    )
    return [kind, Object.fromEntries(inUse)] as const
  })
  return { ...document, components: Object.fromEntries(kept) }
}

function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value as JsonObject).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : refsIn(inner)
  )
}
