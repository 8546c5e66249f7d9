import { cp, mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Directories } from './directories.ts'
import { installOnce, jarsIn, onlyEntry } from './install-step.ts'
import { runCommand } from './run-command.ts'
import { versions } from './versions.ts'

const core = 'seatunnel-core'
/** Where the source release has the launcher scripts. */
const scripts = [
  `${core}/seatunnel-spark-starter/seatunnel-spark-3-starter/src/main/bin/start-seatunnel-spark-3-connector-v2.sh`,
  `${core}/seatunnel-flink-starter/seatunnel-flink-15-starter/src/main/bin/start-seatunnel-flink-15-connector-v2.sh`
]
const settings = ['config/seatunnel-env.sh', 'config/log4j2.properties']
/** What the scripts' Java takes for its log, of which the starter of Spark has none. */
const logging = /^(slf4j-api|log4j-(api|core|slf4j-impl|1\.2-api))-.*\.jar$/

/** Unpacks the source release that lies in a directory beside itself. */
export async function unpackSource(python: string, directory: string): Promise<void> {
  const archive = await onlyEntry(directory, /-source-release\.zip$/)
  await runCommand(python, ['-m', 'zipfile', '-e', archive, join(directory, 'source')])
}

/** Puts a SeaTunnel home together as its own distribution is, which is in no registry: its scripts, settings and jars. */
export async function assembleSeatunnelHome(directories: Directories): Promise<void> {
  const { seatunnelJars, seatunnelSpark } = directories
  const { seatunnel: version } = versions
  const source = await onlyEntry(join(seatunnelJars, 'source'), /^seatunnel-/)
  await rm(directories.seatunnel, { recursive: true, force: true })
  await installOnce(directories.seatunnel, async (to) => {
    for (const part of ['bin', 'config', 'connectors', 'plugins', 'starter/logging', 'lib']) {
      await mkdir(join(to, part), { recursive: true })
    }
    for (const script of scripts) await cp(join(source, script), join(to, 'bin', basename(script)))
    for (const setting of settings) await cp(join(source, setting), join(to, setting))
    await cp(
      join(source, 'plugin-mapping.properties'),
      join(to, 'connectors/plugin-mapping.properties')
    )
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
      const name = basename(jar)
      if (logging.test(name)) await cp(jar, join(to, 'starter', 'logging', name))
    }
  })
}
