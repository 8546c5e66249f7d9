import { argv, env, exit } from 'node:process'
import { write } from './output.ts'
import { definedProperties } from './system-properties.ts'
import { ConfigFailure, readWaterdropConfig, settingsOf } from './waterdrop-config.ts'

/** Settings of the driver that Waterdrop 1.x gives to spark-submit as options, without quotes. */
const DRIVER_OPTIONS: Record<string, string> = {
  'spark.driver.memory': '--driver-memory',
  'spark.driver.cores': '--driver-cores',
  'spark.driver.extraClassPath': '--driver-class-path',
  'spark.driver.extraLibraryPath': '--driver-library-path'
}

/*
 * Program in the place of Waterdrop's ExposeSparkConf: `[--of=env|spark|driver] [-Dk=v …] FILE`. Prints the settings
 * of the env block, or of the spark block of 1.x, as ` --conf "key=value" ` words, or those of its driver as
 * ` --driver-memory=1g`; exit 1 and a stack trace on stderr when it cannot.
 */
const { properties, words } = definedProperties(argv.slice(2))
const of = /^--of=(.*)$/.exec(words[0] ?? '')?.[1]
if (of !== undefined) words.shift()
try {
  const config = readWaterdropConfig(words[0] ?? '', { environment: env, properties })
  for (const [key, value] of settingsOf(config, of === undefined ? 'env' : 'spark')) {
    if (of !== 'driver') write(1, ` --conf "${key}=${value}" `)
    else if (DRIVER_OPTIONS[key]) write(1, ` ${DRIVER_OPTIONS[key]}=${value}`)
  }
} catch (error) {
  if (!(error instanceof ConfigFailure)) throw error
  write(2, `Exception in thread "main" ${error.javaText}\n`)
  write(
    2,
    '\tat io.github.interestinglab.waterdrop.config.ExposeSparkConf.main(ExposeSparkConf.java:12)\n'
  )
  exit(1)
}
