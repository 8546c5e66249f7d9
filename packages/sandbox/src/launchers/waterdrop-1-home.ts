import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeEmptyJar } from './empty-jar.ts'
import { compiledPrograms, type Programs, writeNodeCommand } from './node-command.ts'

const TEMPLATE = fileURLToPath(new URL('../../waterdrop-1-home/', import.meta.url))

/**
 * `1.5.1`: `bin/start-waterdrop.sh`, which splits words. `1.5.7`: `bin/start-seatunnel.sh`, the only one of the
 * generation that evaluates its words and the settings of the config.
 */
export type Waterdrop1Version = '1.5.1' | '1.5.7'

/**
 * Writes a Waterdrop 1.x home of our own, for stand-in engines or real ones.
 * @param dir is made; its path must be free of blanks and shell characters, as of every Waterdrop
 * @param options.coreJar a jar with the main class `io.github.interestinglab.waterdrop.Waterdrop`; an empty one unless
 * given, which stand-in engines do not open
 */
export async function writeWaterdrop1Home(
  dir: string,
  options: { version?: Waterdrop1Version; coreJar?: string; programs?: Programs } = {}
): Promise<void> {
  const { version = '1.5.1', coreJar } = options
  for (const part of ['bin', 'config', 'plugins']) {
    await cp(join(TEMPLATE, part), join(dir, part), { recursive: true })
  }
  await rm(join(dir, 'bin', version === '1.5.7' ? 'start-waterdrop.sh' : 'start-seatunnel.sh'))
  const lib = join(dir, 'lib')
  await mkdir(lib, { recursive: true })
  await writeNodeCommand(join(lib, 'expose-spark-conf'), {
    programs: options.programs ?? (await compiledPrograms()),
    program: 'expose-spark-conf'
  })
  const core = join(lib, `Waterdrop-${version}-2.11.8.jar`)
  if (coreJar === undefined) await writeEmptyJar(core)
  else await cp(coreJar, core)
}
