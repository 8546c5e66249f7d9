import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const MAX_BYTES = 256 * 1024
const COMMENT = /^\s*#.*$/gm
const ASSIGNED = /(?:^|[\s;&])([A-Za-z_]\w*)=/gm
/** What such a line brings is not known here. */
const READS_OTHERS = /(?:^|[;&{]|\b(?:then|else|do))[ \t]*(?:source|\.|eval)[ \t]/m

type Scripts = Readonly<{
  /** What the launchers get. */
  environment: Readonly<Record<string, string>>
  /** Files that a launcher's script reads into its shell, beside Spark's own. */
  files?: readonly string[]
}>

/**
 * Names that a config may refer to: those of the launchers' environment, and what the environment files of the home
 * and of Spark assign. They are read each time, never run. Undefined when such a file cannot be read or reads others.
 */
export function environmentNames({
  environment,
  files = []
}: Scripts): ReadonlySet<string> | undefined {
  const { SPARK_HOME } = environment
  const names = new Set(Object.keys(environment))
  for (const file of [...files, ...(SPARK_HOME ? [join(SPARK_HOME, 'conf/spark-env.sh')] : [])]) {
    const text = textOf(file)
    if (text === undefined || READS_OTHERS.test(text)) return undefined
    for (const [, name = ''] of text.matchAll(ASSIGNED)) names.add(name)
  }
  return names
}

/** Without comments; empty when there is no such file. */
function textOf(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    return text.length > MAX_BYTES ? undefined : text.replace(COMMENT, '')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? '' : undefined
  }
}
