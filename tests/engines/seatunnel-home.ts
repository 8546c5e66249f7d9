import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Directories } from './directories.ts'
import { installOnce, jarsIn, onlyEntry } from './install-step.ts'
import { versions } from './versions.ts'

const launcherHome = resolve(import.meta.dirname, '../../packages/sandbox/seatunnel-home')
/** What the scripts' Java takes for its log, of which the starter of Spark has none. */
const logging = /^(slf4j-api|log4j-(api|core|slf4j-impl|1\.2-api))-.*\.jar$/

/**
 * Puts a SeaTunnel home together: the sandbox's launcher scripts, whose starter is the real one here, with
 * SeaTunnel's own jars laid out as it has them. Its scripts and the layout are in no registry.
 */
export async function assembleSeatunnelHome(directories: Directories): Promise<void> {
  await rm(directories.seatunnel, { recursive: true, force: true })
  await installOnce(directories.seatunnel, async (to) => {
    for (const part of ['bin', 'config', 'connectors', 'plugins', 'starter']) {
      await cp(join(launcherHome, part), join(to, part), { recursive: true })
    }
    for (const part of ['lib', 'starter/logging']) {
      await mkdir(join(to, part), { recursive: true })
    }
    const { seatunnelJars, seatunnelSpark } = directories
    const { seatunnel: version } = versions
    for (const starter of ['seatunnel-spark-3-starter', 'seatunnel-flink-15-starter']) {
      const jar = join(seatunnelJars, `${starter}-${version}.jar`)
      await cp(jar, join(to, 'starter', `${starter}.jar`))
    }
    const transforms = join(seatunnelJars, `seatunnel-transforms-v2-${version}.jar`)
    await cp(transforms, join(to, 'lib', 'seatunnel-transforms-v2.jar'))
    for (const connector of ['fake', 'console']) {
      const jar = await onlyEntry(seatunnelJars, new RegExp(`^connector-${connector}-`))
      await cp(jar, join(to, 'connectors', `connector-${connector}-${version}.jar`))
    }
    for (const jar of await jarsIn(join(seatunnelSpark, 'pyspark', 'jars'))) {
      const name = jar.slice(jar.lastIndexOf('/') + 1)
      if (logging.test(name)) await cp(jar, join(to, 'starter', 'logging', name))
    }
    const program = join(to, 'starter', 'seatunnel-starter')
    await writeFile(program, starter)
    await chmod(program, 0o755)
  })
}

/** Called as `seatunnel-starter [JVM options] -cp STARTER_JAR WORDS…`: prints the command line that the script evaluates. */
const starter = `#!/bin/bash
options=()
while [ "$1" != -cp ]; do options+=("$1"); shift; done
jar=$2
shift 2
case \${jar} in
  *flink-15*) main=org.apache.seatunnel.core.starter.flink.FlinkStarter ;;
  *) main=org.apache.seatunnel.core.starter.spark.SparkStarter ;;
esac
exec java -Xshare:auto -XX:TieredStopAtLevel=1 "\${options[@]}" \\
  -cp "$(dirname "\${jar}")/logging/*:\${jar}" "\${main}" "$@"
`
