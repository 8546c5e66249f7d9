import { execFile } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Root of the workspace, a path of the machine that builds. */
export const WORKSPACE = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

export type Deployed = Readonly<Record<string, string>>

/**
 * Deploys each service as the image's build does, all at once, and moves the result: nothing in it may depend on where
 * it was made.
 * @returns the folder of each by its name
 */
export async function deployAll(dir: string, names: readonly string[]): Promise<Deployed> {
  await mkdir(join(dir, 'moved'), { recursive: true })
  const folders = names.map(async (name) => {
    const made = join(dir, 'made', name)
    const moved = join(dir, 'moved', name)
    await run(process.execPath, [join(WORKSPACE, 'scripts/deploy-service.mjs'), name, made])
    await rename(made, moved)
    return [name, moved] as const
  })
  return Object.fromEntries(await Promise.all(folders))
}

export type Contents = {
  /** Paths relative to the folder. */
  files: string[]
  links: string[]
  bytes: number
  /** Files that name a path of the workspace. */
  namesWorkspace: string[]
  /** Names of all packages, wherever they lie. */
  packages: Set<string>
}

/** Looks at every file of a deployed folder. */
export function contentsOf(folder: string): Contents {
  const contents: Contents = {
    files: [],
    links: [],
    bytes: 0,
    namesWorkspace: [],
    packages: new Set()
  }
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const found = lstatSync(join(folder, path))
    const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/@][^/]*)\/package\.json$/.exec(path)?.[1]
    if (name) contents.packages.add(name)
    if (found.isSymbolicLink()) contents.links.push(path)
    if (!found.isFile()) continue
    contents.files.push(path)
    contents.bytes += found.size
    const bytes = readFileSync(join(folder, path))
    if (bytes.includes(`${WORKSPACE}/`)) contents.namesWorkspace.push(path)
  }
  return contents
}
