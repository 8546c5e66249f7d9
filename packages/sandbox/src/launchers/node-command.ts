import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Directory of compiled JavaScript of the programs beside this module. */
export type Programs = { dir: string }

/**
 * Finds the compiled programs. When this module itself runs from source they are transpiled once
 * for each version of the source, and kept in `node_modules/.cache`: a launcher must start as
 * quickly as a compiled one does.
 */
export async function compiledPrograms(): Promise<Programs> {
  const here = dirname(fileURLToPath(import.meta.url))
  if (!import.meta.url.endsWith('.ts')) return { dir: here }
  const sources = new Map<string, string>()
  for (const name of (await readdir(here)).filter((file) => file.endsWith('.ts')).sort()) {
    sources.set(name, await readFile(join(here, name), 'utf8'))
  }
  const version = createHash('sha256')
    .update(JSON.stringify([...sources]))
    .digest('hex')
  const dir = join(here, '../../node_modules/.cache/launchers', version.slice(0, 16))
  if (!existsSync(dir)) await transpile(sources, dir)
  return { dir }
}

/** Writes JavaScript to `dir`, which is there whole or not at all. */
async function transpile(sources: ReadonlyMap<string, string>, dir: string): Promise<void> {
  const { ModuleKind, ScriptTarget, transpileModule } = (await import('typescript')).default
  const compilerOptions = {
    module: ModuleKind.ESNext,
    target: ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true
  }
  const draft = `${dir}.${randomUUID()}`
  await mkdir(draft, { recursive: true })
  await writeFile(join(draft, 'package.json'), '{"type":"module"}')
  for (const [name, source] of sources) {
    const { outputText } = transpileModule(source, { compilerOptions })
    await writeFile(join(draft, name.replace(/ts$/, 'js')), outputText)
  }
  await rename(draft, dir).catch(async (error) => {
    await rm(draft, { recursive: true })
    if (!existsSync(dir)) throw error
  })
}

/** Copies compiled programs, which need nothing but Node, to a directory of their own. */
export async function copyPrograms({ dir }: Programs, to: string): Promise<Programs> {
  await mkdir(to, { recursive: true })
  await writeFile(join(to, 'package.json'), '{"type":"module"}')
  for (const name of (await readdir(dir)).filter((file) => file.endsWith('.js'))) {
    await copyFile(join(dir, name), join(to, name))
  }
  return { dir: to }
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
