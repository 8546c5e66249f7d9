// Installs and builds what has changed since the last time; nothing to do takes some 50 ms.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pnpm, root } from './pnpm.mjs'

const LEAST_NODE = [20, 18, 1]
const STAMPS = join(root, 'node_modules', '.scheduler-task')

/** Installs dependencies and builds all packages, where needed. Throws with one clear sentence when that fails. */
export async function setUp() {
  assertNodeVersion()
  await onlyWhenChanged('install', dependencyFiles(), async () => {
    console.log('Installing dependencies (only when they changed) …')
    if (
      (await pnpm('install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=warn')) !==
      0
    ) {
      throw new Error('the dependencies could not be installed; the messages above say why')
    }
  })
  await onlyWhenChanged('build', sourceFiles(), async () => {
    console.log('Building (only when sources changed) …')
    const code = await pnpm(
      '-r',
      '--workspace-concurrency=2',
      '--reporter=append-only',
      '--loglevel=warn',
      'run',
      'build'
    )
    if (code !== 0) throw new Error('the build failed; the messages above say why')
  })
}

function assertNodeVersion() {
  const version = process.versions.node.split('.').map(Number)
  for (const [at, least] of LEAST_NODE.entries()) {
    if (version[at] > least) return
    if (version[at] < least) {
      throw new Error(
        `Node ${LEAST_NODE.join('.')} or newer is needed; this is ${process.versions.node}`
      )
    }
  }
}

async function onlyWhenChanged(name, files, work) {
  const stamp = join(STAMPS, name)
  const digest = digestOf(files)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
  await work()
  mkdirSync(STAMPS, { recursive: true })
  writeFileSync(stamp, digest)
}

function digestOf(files) {
  const hash = createHash('sha256').update(process.versions.modules).update(process.platform)
  for (const file of files)
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0')
  return hash.digest('hex')
}

function packageFolders() {
  const inside = (folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(root, folder, entry.name))
  return [
    ...inside('packages'),
    ...inside('services'),
    join(root, 'gateway'),
    join(root, 'tests')
  ].filter((folder) => existsSync(join(folder, 'package.json')))
}

function dependencyFiles() {
  return [
    ...['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((name) => join(root, name)),
    ...packageFolders().map((folder) => join(folder, 'package.json'))
  ]
}

function sourceFiles() {
  const files = [join(root, 'tsconfig.base.json')]
  for (const folder of packageFolders()) {
    for (const name of ['package.json', 'tsconfig.json', 'tsconfig.build.json']) {
      if (existsSync(join(folder, name))) files.push(join(folder, name))
    }
    files.push(...filesBelow(join(folder, 'src')))
  }
  return files.sort()
}

function filesBelow(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await setUp()
