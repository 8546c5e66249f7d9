import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeEmptyJar } from './empty-jar.ts'
import { compiledPrograms, type Programs, writeNodeCommand } from './node-command.ts'

/** The scripts and settings as they are shipped; `lib/` depends on the engines. */
const TEMPLATE = fileURLToPath(new URL('../../waterdrop-home/', import.meta.url))

/**
 * Who runs the jobs of a home. `stand-in`: the jar holds nothing, stand-in engines do not open it.
 * `real`: a jar with the main classes that the scripts name,
 * `io.github.interestinglab.waterdrop.Waterdrop` for Spark and `….WaterdropFlink` for Flink.
 */
export type Engines = { kind: 'stand-in' } | { kind: 'real'; coreJar: string }

/**
 * Writes a Waterdrop 2.0 home of our own: `bin/start-waterdrop-{spark,flink}.sh` and what they
 * need. A copy for each installation, because cluster mode writes `plugins.tar.gz` into it.
 * @param dir is made; its path must be free of blanks and shell characters, as of every Waterdrop
 * @param programs what its scripts run; where they lie in this installation unless given
 * @returns where the compiled programs are
 */
export async function writeWaterdropHome(
  dir: string,
  engines: Engines,
  programs?: Programs
): Promise<Programs> {
  for (const part of ['bin', 'config', 'plugins']) {
    await cp(join(TEMPLATE, part), join(dir, part), { recursive: true })
  }
  const lib = join(dir, 'lib')
  await mkdir(lib, { recursive: true })
  const run = programs ?? (await compiledPrograms())
  await writeNodeCommand(join(lib, 'expose-spark-conf'), {
    programs: run,
    program: 'expose-spark-conf'
  })
  const core = join(lib, 'waterdrop-core-2.0.4.jar')
  if (engines.kind === 'stand-in') await writeEmptyJar(core)
  else await cp(engines.coreJar, core)
  return run
}
