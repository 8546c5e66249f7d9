import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BenchContext } from '../benchmark.ts'
import type { FastLauncher } from './fast-launcher.ts'
import { writeFastLauncher } from './fast-launcher.ts'
import { type ResourceManager, startResourceManager } from './resource-manager.ts'

export type Surroundings = Readonly<{
  rm: ResourceManager
  launcher: FastLauncher
  /** Of an executor in them. */
  variables: Readonly<Record<string, string>>
  dataDir: string
}>

/** A job that the fast launcher does not read. */
export const JOB_CONFIG =
  'env {\n}\nsource {\n  FakeSourceStream { result_table_name = "t" }\n}\ntransform { }\nsink {\n  Console { }\n}\n'

/** A ResourceManager, a launcher, a file root with `job.conf`, an empty data directory. */
export async function makeSurroundings(
  context: BenchContext,
  { acceptAfterMs = 20, finishAfterMs = 2000 } = {}
): Promise<Surroundings> {
  const { directory } = context
  const rm = await startResourceManager(context)
  const launcher = await writeFastLauncher(directory, rm.url, { acceptAfterMs, finishAfterMs })
  const files = join(directory, 'files')
  const dataDir = join(directory, 'data')
  await mkdir(files)
  await mkdir(dataDir)
  await writeFile(join(files, 'job.conf'), JOB_CONFIG)
  const variables = {
    HOME: directory,
    YARN_RM_URL: rm.url,
    YARN_USER: 'bench',
    FILE_ROOT: files,
    DATA_DIR: dataDir,
    WATERDROP_HOME: launcher.home
  }
  return { rm, launcher, variables, dataDir }
}
