import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeEmptyJar } from './empty-jar.ts'
import { compiledPrograms, type Programs, writeNodeCommand } from './node-command.ts'

/** The scripts and settings; the jars depend on the engines. */
const TEMPLATE = fileURLToPath(new URL('../../seatunnel-home/', import.meta.url))
const STAND_IN_JARS = [
  'starter/seatunnel-spark-2-starter.jar',
  'starter/seatunnel-spark-3-starter.jar',
  'starter/seatunnel-flink-13-starter.jar',
  'starter/seatunnel-flink-15-starter.jar',
  'lib/seatunnel-transforms-v2.jar',
  'connectors/connector-fake-2.3.4.jar',
  'connectors/connector-console-2.3.4.jar',
  'connectors/connector-file-local-2.3.4.jar'
]

/**
 * Writes a SeaTunnel 2.3 home of our own: `bin/start-seatunnel-{spark-3,spark-2,flink-15,flink-13}-connector-v2.sh` and
 * what they need. A copy for each installation, because cluster mode writes `plugins.tar.gz` into it.
 * @param dir is made; its path must be free of blanks and shell characters, as of every SeaTunnel
 * @param options.jars where the real jars are (`starter/`, `lib/`, `connectors/` below it, laid out as SeaTunnel has
 * them), for real engines; jars that hold nothing unless given
 */
export async function writeSeatunnelHome(
  dir: string,
  options: { jars?: string; programs?: Programs } = {}
): Promise<void> {
  const { jars } = options
  for (const part of ['bin', 'config', 'connectors', 'plugins', 'starter']) {
    await cp(join(TEMPLATE, part), join(dir, part), { recursive: true })
  }
  await writeNodeCommand(join(dir, 'starter/seatunnel-starter'), {
    programs: options.programs ?? (await compiledPrograms()),
    program: 'seatunnel-starter'
  })
  await mkdir(join(dir, 'lib'), { recursive: true })
  if (jars === undefined) {
    for (const jar of STAND_IN_JARS) await writeEmptyJar(join(dir, jar))
    return
  }
  for (const part of ['starter', 'lib', 'connectors']) {
    await cp(join(jars, part), join(dir, part), { recursive: true })
  }
}
