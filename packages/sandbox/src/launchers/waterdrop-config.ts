import { readFileSync } from 'node:fs'
import { type ConfigObject, type ConfigValue, isObject, parseConfig, Unresolved } from './hocon.ts'
import { ConfigSyntaxError } from './hocon-text.ts'

const WATERDROP = 'io.github.interestinglab.waterdrop.config'
const SEATUNNEL = 'org.apache.seatunnel.shade.com.typesafe.config'

/** What is wrong with a config file, in the words of the Java exception that says so. */
export class ConfigFailure extends Error {
  /** Class and message, as in a stack trace. */
  readonly javaText: string

  constructor(className: string, message: string) {
    super(message)
    this.name = 'ConfigFailure'
    this.javaText = `${className}: ${message}`
  }
}

/** Where references are looked up that the file does not define. */
export type Definitions = {
  environment: Record<string, string | undefined>
  properties: ReadonlyMap<string, string>
}

/**
 * Reads and resolves a config file: file, then environment variables, then system properties.
 * @throws ConfigFailure when it cannot be read or parsed
 */
export function readWaterdropConfig(path: string, definitions: Definitions): ConfigObject {
  return readConfig(path, definitions, WATERDROP)
}

/** The same by SeaTunnel 2.3, which does not stumble over keys of one character. */
export function readSeatunnelConfig(path: string, definitions: Definitions): ConfigObject {
  return readConfig(path, definitions, SEATUNNEL)
}

function readConfig(
  path: string,
  { environment, properties }: Definitions,
  javaPackage: typeof WATERDROP | typeof SEATUNNEL
): ConfigObject {
  try {
    const text = readFileSync(path, 'utf8')
    const lookUp = (name: string) => environment[name] ?? properties.get(name)
    return parseConfig(text, lookUp, { shortKeys: javaPackage === SEATUNNEL })
  } catch (error) {
    if (error instanceof ConfigSyntaxError) {
      throw new ConfigFailure(
        `${javaPackage}.ConfigException$Parse`,
        `${path}: ${error.line}: ${error.message}`
      )
    }
    if (error instanceof RangeError) {
      throw new ConfigFailure('java.lang.StringIndexOutOfBoundsException', error.message)
    }
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'No such file or directory'
        : 'Permission denied'
    throw new ConfigFailure(
      `${javaPackage}.ConfigException$IO`,
      `${path}: java.io.FileNotFoundException: ${path} (${why})`
    )
  }
}

/**
 * Settings of a block (`env`), values as text, in the order of the file; those of nested blocks by their path.
 * @throws ConfigFailure when the block is missing or a value refers to what nothing defines
 */
export function settingsOf(config: ConfigObject, key: string): Map<string, string> {
  const block = config[key]
  if (!isObject(block)) {
    throw new ConfigFailure(
      `${WATERDROP}.ConfigException$Missing`,
      `No configuration setting found for key '${key}'`
    )
  }
  const settings = new Map<string, string>()
  const add = (path: string, value: ConfigValue) => {
    if (value instanceof Unresolved) {
      throw new ConfigFailure(
        `${WATERDROP}.ConfigException$NotResolved`,
        `Config#resolve() has not been called on \${${value.expression}}`
      )
    }
    if (isObject(value)) {
      for (const [name, inner] of Object.entries(value)) add(`${path}->${name}`, inner)
    } else if (value !== null) settings.set(path, javaText(value))
  }
  for (const [name, value] of Object.entries(block)) add(name, value)
  return settings
}

/** As Java prints it: `[a, b]` for a list. */
function javaText(value: ConfigValue): string {
  if (Array.isArray(value)) return `[${value.map(javaText).join(', ')}]`
  if (!isObject(value)) return String(value)
  return `{${Object.entries(value)
    .map(([key, inner]) => `${key}=${javaText(inner)}`)
    .join(', ')}}`
}
