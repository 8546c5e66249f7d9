import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeSandboxCluster } from '@scheduler-task/sandbox/launchers/sandbox-cluster'
import { startYarn } from '@scheduler-task/sandbox/yarn/yarn'
import type { BenchContext } from './benchmark.ts'

/** The stand-ins for YARN and the launchers, a file root with `files` in it, an empty data directory: an executor's variables. */
export async function makeSandboxSurroundings(
  { directory, onEnd }: BenchContext,
  files: Readonly<Record<string, string>>
) {
  const yarn = await startYarn()
  onEnd(() => yarn.close())
  const cluster = await writeSandboxCluster(join(directory, 'sandbox'), {
    resourceManagerUrl: yarn.url
  })
  const root = join(directory, 'files')
  await mkdir(root)
  await mkdir(join(directory, 'data'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text)
  return {
    HOME: directory,
    YARN_RM_URL: yarn.url,
    YARN_USER: 'bench',
    FILE_ROOT: root,
    DATA_DIR: join(directory, 'data'),
    ...cluster.environment
  }
}
