import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeSandboxCluster } from '@scheduler-task/sandbox/launchers/sandbox-cluster'

const HERE = import.meta.dirname

/**
 * The sandbox's launchers with ours in front; `quick` for Flink: hundreds of them at little cost.
 * @returns WATERDROP_HOME and so on
 */
export async function installLaunchers(
  directory: string,
  resourceManagerUrl: string,
  kind: 'wrapped' | 'quick'
): Promise<Record<string, string>> {
  const { waterdropHome, environment } = await writeSandboxCluster(directory, {
    resourceManagerUrl
  })
  const bin = join(waterdropHome, 'bin')
  const { hostname, port } = new URL(resourceManagerUrl)
  const values = { NODE: process.execPath, HOST: hostname, PORT: port }
  async function install(from: string, to: string): Promise<void> {
    const text = await readFile(join(HERE, from), 'utf8')
    const filled = text.replaceAll(/@(NODE|HOST|PORT)@/g, (_, name) => values[name as 'NODE'])
    await writeFile(join(bin, to), filled)
    await chmod(join(bin, to), 0o755)
  }
  for (const engine of ['spark', 'flink']) {
    const script = `waterdrop-${engine}.sh`
    await rename(join(bin, `start-${script}`), join(bin, `real-${script}`))
    const isQuick = kind === 'quick' && engine === 'flink'
    await install(isQuick ? 'quick-flink.sh' : 'front.sh', `start-${script}`)
  }
  await install('front.mjs', 'front.mjs')
  await install('front.py', 'front.py')
  return environment
}
