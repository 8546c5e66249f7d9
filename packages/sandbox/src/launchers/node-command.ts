import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Directory of compiled JavaScript of the programs beside this module. */
export type Programs = { dir: string }

/**
 * Finds the compiled programs. When this module itself runs from source they are transpiled into
 * `dir` first: a launcher must start as quickly as a compiled one does.
 */
export async function compiledPrograms(dir: string): Promise<Programs> {
  const here = dirname(fileURLToPath(import.meta.url))
  if (!import.meta.url.endsWith('.ts')) return { dir: here }
  const { ModuleKind, ScriptTarget, transpileModule } = (await import('typescript')).default
  const compilerOptions = {
    module: ModuleKind.ESNext,
    target: ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true
  }
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, 'package.json'), '{"type":"module"}')
  for (const name of (await readdir(here)).filter((file) => file.endsWith('.ts'))) {
    const source = await readFile(join(here, name), 'utf8')
    const { outputText } = transpileModule(source, { compilerOptions })
    await writeFile(join(dir, name.replace(/ts$/, 'js')), outputText)
  }
  return { dir }
}

/**
 * Writes an executable shell script that becomes (`exec`) one of the programs.
 * @param options.program name without extension, such as `spark-submit`
 * @param options.environment set unless the caller's environment has it
 */
export async function writeNodeCommand(
  path: string,
  options: { programs: Programs; program: string; environment?: Record<string, string> }
): Promise<void> {
  const { programs, program, environment = {} } = options
  const settings = Object.entries(environment)
    .map(([name, value]) => `export ${name}="\${${name}:-${value}}"\n`)
    .join('')
  const entry = join(programs.dir, `${program}.js`)
  const script = `#!/bin/sh
${settings}exec "\${WATERDROP_NODE:-${process.execPath}}" "${entry}" "$@"
`
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, script)
  await chmod(path, 0o755)
}
