import { ConfigText } from './config-text.ts'
import type { Position } from './config-tokens.ts'
import { ConfigValues } from './config-values.ts'
import { readHocon } from './hocon-syntax.ts'
import { HoconSyntaxError } from './hocon-tokens.ts'

/** One setting of a block at the top of a config, and where it stands; undefined when it cannot be told. */
export function configSetting(
  text: string,
  {
    block,
    name,
    variables
  }: Readonly<{
    block: string
    name: string
    variables: Readonly<Record<string, string>>
  }>
): (Position & Readonly<{ value: string }>) | undefined {
  try {
    const { root } = readHocon(text, { strict: false })
    const values = new ConfigValues(root, { variables, environment: undefined })
    const options = root.fields
      .filter(({ path }) => path[0] === block && path.length === 1)
      .flatMap((field) => values.objectOf(field.value)?.options.get(name) ?? [])
    const last = options.at(-1)
    const value = last && values.textOf(last.value)
    if (!last || value === undefined) return undefined
    return { value, ...new ConfigText(text, () => (line) => line).positionOf(last.at) }
  } catch (error) {
    if (error instanceof HoconSyntaxError) return undefined
    throw error
  }
}
