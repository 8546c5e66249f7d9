import { appendFile, cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compiledPrograms, type Programs, writeNodeCommand } from './node-command.ts'

/** The home as it is shipped, without what depends on the installation. */
export const waterdropTemplate: string = fileURLToPath(
  new URL('../../waterdrop-home/', import.meta.url)
)

/**
 * Who runs the jobs. `stand-in`: the jar holds nothing, stand-in engines do not open it. `real`: the
 * Spark job is a PySpark program; for Flink a jar is needed (of `compileFlinkJob`, or any other whose
 * main class tolerates `--config FILE`).
 */
export type Engines =
  | { kind: 'stand-in' }
  | { kind: 'real'; flinkJob?: { jar: string; mainClass: string } }

/**
 * Writes a Waterdrop 2.0 home of our own: `bin/start-waterdrop-{spark,flink}.sh` and what they
 * need. A copy for each installation, because cluster mode writes `plugins.tar.gz` into it.
 * @param dir is made; its path must be free of blanks and shell characters, as of every Waterdrop
 * @returns where the compiled programs are
 */
export async function writeWaterdropHome(dir: string, engines: Engines): Promise<Programs> {
  for (const part of ['bin', 'config', 'plugins']) {
    await cp(join(waterdropTemplate, part), join(dir, part), { recursive: true })
  }
  const lib = join(dir, 'lib')
  await mkdir(lib, { recursive: true })
  const programs = await compiledPrograms(join(lib, 'programs'))
  await writeNodeCommand(join(lib, 'expose-spark-conf'), { programs, program: 'expose-spark-conf' })
  const core = join(lib, 'waterdrop-core-2.0.4')
  if (engines.kind === 'stand-in') {
    await writeFile(`${core}.jar`, EMPTY_ZIP)
    return programs
  }
  await cp(join(waterdropTemplate, 'jobs/waterdrop_job.py'), `${core}.py`)
  let settings = 'WATERDROP_CORE=waterdrop-core*.py\n'
  if (engines.flinkJob !== undefined) {
    await cp(engines.flinkJob.jar, `${core}.jar`)
    settings += `WATERDROP_FLINK_CLASS=${engines.flinkJob.mainClass}\n`
  }
  await appendFile(join(dir, 'config/waterdrop-env.sh'), settings)
  return programs
}

/** A zip archive without entries: its end record alone. */
const EMPTY_ZIP = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)])
