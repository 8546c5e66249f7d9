import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Lacking } from '../benchmark.ts'

/** The programs that are not ours, with the environment that they need. */
export type Tools = Readonly<{
  nginx: string
  wrk: string
  redis: string
  /** `null` where nothing can be pinned to a core. */
  taskset: string | null
  variables: Readonly<Record<string, string>>
}>

const CACHE = join(import.meta.dirname, '../../../.bench')
const PACKAGES = ['nginx', 'wrk', 'libluajit-5.1-2']
const HOW = 'apt-get install nginx wrk'

/**
 * nginx and wrk from the PATH, else from the distribution's packages, which are fetched and unpacked below `.bench`
 * without being installed.
 * @throws Lacking when they cannot be had
 */
export function findTools(): Tools {
  const redis = process.env.REDIS_SERVER_BIN ?? onPath('redis-server')
  if (!redis) throw new Lacking('redis-server is missing: apt-get install redis-server')
  const taskset = onPath('taskset') ?? null
  const [nginx, wrk] = [onPath('nginx'), onPath('wrk')]
  const tools = nginx && wrk ? { nginx, wrk, variables: {} } : unpacked()
  checkThatTheyRun(tools)
  return { ...tools, redis, taskset }
}

function onPath(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

function unpacked() {
  const root = join(CACHE, 'root')
  const [nginx, wrk] = [join(root, 'usr/sbin/nginx'), join(root, 'usr/bin/wrk')]
  if (!existsSync(nginx) || !existsSync(wrk)) fetchPackages(root)
  const libraries = join(root, 'usr/lib')
  const folders = readdirSync(libraries).map((name) => join(libraries, name))
  return { nginx, wrk, variables: { LD_LIBRARY_PATH: folders.join(delimiter) } }
}

function fetchPackages(root: string): void {
  if (!onPath('apt-get') || !onPath('dpkg')) throw new Lacking(`nginx and wrk are missing: ${HOW}`)
  mkdirSync(root, { recursive: true })
  try {
    download()
  } catch {
    try {
      // Only root may, and only root of a fresh image has to.
      run('apt-get', 'update')
      download()
    } catch (error) {
      throw new Lacking(`nginx and wrk are missing and could not be fetched (${HOW}): ${error}`)
    }
  }
  for (const name of readdirSync(CACHE).filter((one) => one.endsWith('.deb'))) {
    run('dpkg', '-x', join(CACHE, name), root)
  }
}

function download(): void {
  run('apt-get', 'download', ...PACKAGES)
}

function run(command: string, ...parameters: string[]): string {
  return execFileSync(command, parameters, {
    cwd: CACHE,
    encoding: 'utf8',
    stdio: 'pipe',
    timeout: 120_000
  })
}

function checkThatTheyRun({ nginx, wrk, variables }: Omit<Tools, 'redis' | 'taskset'>): void {
  const env = { ...process.env, ...variables }
  try {
    // Both tell it on standard error; wrk's exit code for it is 1.
    execFileSync('sh', ['-c', '"$0" -V 2>&1 | grep -q http_auth_request_module', nginx], { env })
    execFileSync('sh', ['-c', '"$0" -v 2>&1 | grep -q "^wrk "', wrk], { env })
  } catch {
    throw new Lacking(`nginx (with auth_request) or wrk does not run here: ${HOW}`)
  }
}
