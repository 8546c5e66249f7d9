// Makes a folder that holds a built service and what it needs to run, and nothing else: no symbolic link, no path of this
// machine, no development dependency. Needs `npm run build` before.
//   node scripts/deploy-service.mjs file-service /opt/scheduler-task/file-service
import { existsSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pnpm, root } from './pnpm.mjs'

const FOLDERS = {
  gateway: 'gateway',
  'azkaban-proxy': 'services/azkaban-proxy',
  'yarn-executor': 'services/yarn-executor',
  'file-service': 'services/file-service',
  sandbox: 'packages/sandbox'
}

/**
 * Fills `target`, which is missing or empty, with a service.
 *
 * - The workspace's packages are injected for this one command only: the lock file is obeyed to the letter, as
 *   `deploy --legacy` does not, and the workspace itself keeps its links.
 * - Hoisted and copied: real folders and files, so that it can be moved and its owner changed.
 * @throws Error with one clear sentence
 */
export async function deployService(name, target) {
  const folder = FOLDERS[name]
  if (!folder) throw new Error(`no such service: ${name}; there is ${Object.keys(FOLDERS)}`)
  if (!existsSync(join(root, folder, 'dist/server.js'))) {
    throw new Error(`${folder} is not built; run: npm run build`)
  }
  if (existsSync(target) && (await readdir(target)).length > 0) {
    throw new Error(`${target} is not empty; give each version a folder of its own`)
  }
  const code = await pnpm(
    '--config.inject-workspace-packages=true',
    '--config.node-linker=hoisted',
    '--config.package-import-method=copy',
    '--reporter=append-only',
    '--loglevel=warn',
    `--filter=@scheduler-task/${name}`,
    'deploy',
    '--prod',
    target
  )
  if (code !== 0) throw new Error(`pnpm could not deploy ${name}; the messages above say why`)
  await tidy(target)
}

/** What only compilers and debuggers read: half of the bytes. */
const NOT_RUN = /\.(map|d\.[cm]?ts)$/

/** Removes what pnpm leaves for itself, the build machine's paths with it, and what is never run. */
async function tidy(target) {
  const modules = join(target, 'node_modules')
  await rm(join(target, 'pnpm-lock.yaml'), { force: true })
  for (const name of await readdir(modules)) {
    if (name.startsWith('.')) await rm(join(modules, name), { recursive: true })
  }
  for (const entry of await readdir(target, { recursive: true, withFileTypes: true })) {
    if (entry.name !== '.bin' && !(entry.isFile() && NOT_RUN.test(entry.name))) continue
    await rm(join(entry.parentPath, entry.name), { recursive: true, force: true })
  }
  const kept = `${JSON.stringify(await manifest(target), undefined, 2)}\n`
  await writeFile(join(target, 'package.json'), kept)
}

/** What says which service this is, with the versions that lie beside it. */
async function manifest(target) {
  const read = async (path) =>
    JSON.parse(await readFile(join(target, path, 'package.json'), 'utf8'))
  const { name, version, description, license, type, engines, dependencies } = await read('.')
  const versions = Object.keys(dependencies ?? {}).map(async (dependency) => [
    dependency,
    (await read(join('node_modules', dependency))).version
  ])
  return {
    name,
    version,
    private: true,
    description,
    license,
    type,
    engines,
    scripts: { start: 'node dist/server.js' },
    dependencies: Object.fromEntries(await Promise.all(versions))
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [name, target] = process.argv.slice(2)
  try {
    if (!name || !target) throw new Error('usage: node scripts/deploy-service.mjs SERVICE FOLDER')
    await deployService(name, resolve(target))
  } catch (error) {
    console.error(`scheduler-task: ${error.message}`)
    process.exitCode = 1
  }
}
