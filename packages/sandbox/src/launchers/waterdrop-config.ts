import { readFileSync } from 'node:fs'
import { type ConfigObject, isObject, parseConfig, Unresolved } from './hocon.ts'
import { ConfigSyntaxError } from './hocon-text.ts'

const PACKAGE = 'io.github.interestinglab.waterdrop.config'

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
  const { environment, properties } = definitions
  try {
    const text = readFileSync(path, 'utf8')
    return parseConfig(text, (name) => environment[name] ?? properties.get(name))
  } catch (error) {
    if (error instanceof ConfigSyntaxError) {
      throw new ConfigFailure(
        `${PACKAGE}.ConfigException$Parse`,
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
      `${PACKAGE}.ConfigException$IO`,
      `${path}: java.io.FileNotFoundException: ${path} (${why})`
    )
  }
}

/**
 * Settings of a block (`env`), values as text, in the order of the file.
 * @throws ConfigFailure when the block is missing or a value refers to what nothing defines
 */
export function settingsOf(config: ConfigObject, key: string): Map<string, string> {
  const block = config[key]
  if (!isObject(block)) {
    throw new ConfigFailure(
      `${PACKAGE}.ConfigException$Missing`,
      `No configuration setting found for key '${key}'`
    )
  }
  const settings = new Map<string, string>()
  for (const [name, value] of Object.entries(block)) {
    if (value instanceof Unresolved) {
      throw new ConfigFailure(
        `${PACKAGE}.ConfigException$NotResolved`,
        `Config#resolve() has not been called on \${${value.expression}}`
      )
    }
    settings.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value))
  }
  return settings
}
