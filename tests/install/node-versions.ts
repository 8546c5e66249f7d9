import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const CACHE = fileURLToPath(new URL('../node_modules/.cache/node-versions/', import.meta.url))

/** The Node versions on which the services are promised to run. */
export const NODE_MAJORS = [20, 24] as const

/**
 * Path of a Node of this major version: the one that runs the tests, else the one that the package registry has for
 * this machine (its archive holds the binary; nothing is run to install it), fetched once.
 */
export async function nodeOf(major: number): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const name = `node-${process.platform}-${process.arch}`
  const kept = join(CACHE, String(major))
  const binary = join(kept, 'node_modules', name, 'bin/node')
  if (!existsSync(binary)) await fetchNode(`${name}@${major}`, kept)
  return binary
}

async function fetchNode(specifier: string, to: string): Promise<void> {
  const draft = `${to}.${process.pid}`
  await mkdir(draft, { recursive: true })
  const quiet = ['--silent', '--no-audit', '--no-fund', '--no-save', '--ignore-scripts']
  await run('npm', ['install', ...quiet, '--prefix', draft, specifier])
  await rm(to, { recursive: true, force: true })
  await rename(draft, to)
}
