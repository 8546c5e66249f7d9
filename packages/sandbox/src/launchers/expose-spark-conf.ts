import { argv, env, exit } from 'node:process'
import { write } from './output.ts'
import { definedProperties } from './system-properties.ts'
import { ConfigFailure, readWaterdropConfig, settingsOf } from './waterdrop-config.ts'

/*
 * Program in the place of Waterdrop's ExposeSparkConf: `[-Dk=v …] FILE`. Prints the settings of the
 * env block as ` --conf "key=value" ` words; exit 1 and a stack trace on stderr when it cannot.
 */
const { properties, words } = definedProperties(argv.slice(2))
try {
  const config = readWaterdropConfig(words[0] ?? '', { environment: env, properties })
  for (const [key, value] of settingsOf(config, 'env')) write(1, ` --conf "${key}=${value}" `)
} catch (error) {
  if (!(error instanceof ConfigFailure)) throw error
  write(2, `Exception in thread "main" ${error.javaText}\n`)
  write(
    2,
    '\tat io.github.interestinglab.waterdrop.config.ExposeSparkConf.main(ExposeSparkConf.java:12)\n'
  )
  exit(1)
}
