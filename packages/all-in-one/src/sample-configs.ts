import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sampleConfigs } from '@scheduler-task/sandbox/launchers/sample-configs'

/** Puts the config files that the interface document names below the file root, unless they are there. */
export async function writeSampleConfigs(fileRoot: string): Promise<void> {
  await mkdir(fileRoot, { recursive: true, mode: 0o750 })
  for (const [name, text] of Object.entries(sampleConfigs)) {
    await writeFile(join(fileRoot, name), text, { flag: 'wx', mode: 0o640 }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      }
    )
  }
}
