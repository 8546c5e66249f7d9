import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeNodeCommand } from './node-command.ts'

const TEMPLATE = fileURLToPath(new URL('../../waterdrop-home/', import.meta.url))

/** A jar whose main class runs on Flink. */
export type FlinkJob = { jar: string; mainClass: string }

/**
 * Writes a Waterdrop 2.0 home of our own: `bin/start-waterdrop-{spark,flink}.sh` and what they
 * need. A copy for each installation, because cluster mode writes `plugins.tar.gz` into it.
 * The directory's path must be free of blanks and shell characters, as in every Waterdrop.
 * @param engines `stand-in`: the jar holds nothing, stand-in engines do not open it. `real`: the
 *   Spark job is a PySpark program; Flink gets the job given, if any.
 */
export async function writeWaterdropHome(
  dir: string,
  engines: { kind: 'stand-in' } | { kind: 'real'; flinkJob?: FlinkJob }
): Promise<void> {
  for (const part of ['bin', 'config', 'plugins']) {
    await cp(join(TEMPLATE, part), join(dir, part), { recursive: true })
  }
  const lib = join(dir, 'lib')
  await mkdir(lib, { recursive: true })
  await writeNodeCommand(join(lib, 'expose-spark-conf'), 'expose-spark-conf')
  if (engines.kind === 'stand-in') {
    await writeFile(join(lib, 'waterdrop-core-2.0.4.jar'), EMPTY_ZIP)
    return
  }
  await cp(join(TEMPLATE, 'jobs/waterdrop_job.py'), join(lib, 'waterdrop-core-2.0.4.py'))
  let settings = 'WATERDROP_CORE=waterdrop-core*.py\n'
  if (engines.flinkJob !== undefined) {
    await writeFile(join(lib, 'waterdrop-core-2.0.4.jar'), await readFile(engines.flinkJob.jar))
    settings += `WATERDROP_FLINK_CLASS=${engines.flinkJob.mainClass}\n`
  }
  await appendFile(join(dir, 'config/waterdrop-env.sh'), settings)
}

/** A zip archive without entries: its end record alone. */
const EMPTY_ZIP = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)])
