import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const MAX_BYTES = 1024 * 1024

/** Where spark-submit looks for the site's settings; undefined without SPARK_CONF_DIR and SPARK_HOME. */
export function sparkDefaultsFile(
  environment: Readonly<Record<string, string>>
): string | undefined {
  const { SPARK_CONF_DIR, SPARK_HOME } = environment
  if (SPARK_CONF_DIR) return join(SPARK_CONF_DIR, 'spark-defaults.conf')
  return SPARK_HOME ? join(SPARK_HOME, 'conf', 'spark-defaults.conf') : undefined
}

/**
 * True when the site's spark-defaults.conf sets the key: then it beats what SPARK_SUBMIT_OPTS says, since spark-submit
 * lays its properties file over the system properties. (`key value` and `key=value`, java.util.Properties.)
 */
export async function isSparkDefault(
  key: string,
  environment: Readonly<Record<string, string>>
): Promise<boolean> {
  const file = sparkDefaultsFile(environment)
  if (!file) return false
  const text = await readFile(file, 'utf8').catch(() => '')
  return text
    .slice(0, MAX_BYTES)
    .split(/\r?\n/)
    .some((line) => line.trim().split(/[\s=:]/, 1)[0] === key)
}
