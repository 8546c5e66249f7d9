import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Writes an executable shell script that becomes (`exec`) one of the programs beside this module:
 * compiled, or through tsx when this module itself runs from source.
 * @param program name without extension, such as `spark-submit`
 * @param environment set unless the caller's environment has it
 */
export async function writeNodeCommand(
  path: string,
  program: string,
  environment: Record<string, string> = {}
): Promise<void> {
  const fromSource = import.meta.url.endsWith('.ts')
  const entry = fileURLToPath(new URL(`${program}.${fromSource ? 'ts' : 'js'}`, import.meta.url))
  const loader = fromSource ? `--import ${import.meta.resolve('tsx')} ` : ''
  const settings = Object.entries(environment)
    .map(([name, value]) => `export ${name}="\${${name}:-${value}}"\n`)
    .join('')
  const script = `#!/bin/sh
${settings}exec "\${WATERDROP_NODE:-${process.execPath}}" ${loader}"${entry}" "$@"
`
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, script)
  await chmod(path, 0o755)
}
