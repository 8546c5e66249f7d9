import { existsSync } from 'node:fs'
import { constants, type FileHandle, mkdir, open, readlink, realpath, stat } from 'node:fs/promises'
import { isAbsolute, relative, sep } from 'node:path'
import { isReserved, TRASH, UPLOADS } from './file-path.ts'
import { errnoOf, FileTreeError, toTreeError } from './tree-errors.ts'

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants
const DIRECTORY_MODE = 0o750
/** As many as Linux follows in one path. */
const MAX_LINKS = 40

/** A directory below the root that is held open. */
export type Directory = {
  handle: FileHandle
  /** A path that means this very directory, whatever happens to its name meanwhile. */
  place: string
  /** Where it was found, seen from the root, free of links. */
  segments: readonly string[]
}

export type WalkOptions = {
  /** Directories that are missing are made. */
  make?: boolean
  /** The service's own directories may be entered. */
  reserved?: boolean
}

export type Visit<Result> = (directory: Directory, name: string) => Promise<Result>

export type TreeWalk = {
  /** Opens the directory at `segments`, calls `visit`, closes it again. */
  inside<Result>(
    segments: readonly string[],
    options: WalkOptions,
    visit: (directory: Directory) => Promise<Result>
  ): Promise<Result>
  /**
   * Opens the directory that holds the last of `segments` and calls `visit` with it and the last name. Where `visit`
   * throws `FoundLink`, the link is followed, as long as it stays below the root, and `visit` called again.
   */
  at<Result>(
    segments: readonly string[],
    options: WalkOptions,
    visit: Visit<Result>
  ): Promise<Result>
}

/** Thrown by a visit whose last name turned out to be a symbolic link that should be followed. */
export class FoundLink extends Error {}

/** The path of `name` in a directory that is held open. Not `join`: it would make `<place>/.` into a link of /proc. */
export function pathIn(directory: Directory, name: string): string {
  return `${directory.place}/${name}`
}

/** On Linux an open directory has a path of its own, so that nothing on the way to it can be swapped. */
export const hasHandlePaths = process.platform === 'linux' && existsSync('/proc/self/fd')

/**
 * Walks from the root name by name, each opened without following links; a link is read and its target walked from the
 * root again. So no link can lead out, neither one that was there nor one that is put in between check and use. Where
 * handles have no paths, each directory's real path is compared after it was opened instead.
 */
export function createTreeWalk(root: string, byHandle = hasHandlePaths): TreeWalk {
  const placeOf = async (handle: FileHandle, path: string): Promise<string> => {
    if (byHandle) return `/proc/self/fd/${handle.fd}`
    if ((await realpath(path)) !== path) throw new FileTreeError('LEADS_OUT')
    return path
  }

  async function openRoot(): Promise<Directory> {
    try {
      const path = await realpath(root)
      const handle = await open(path, O_RDONLY | O_DIRECTORY)
      return await holding(handle, async () => ({
        handle,
        place: await placeOf(handle, path),
        segments: []
      }))
    } catch (error) {
      throw new FileTreeError('ROOT_UNAVAILABLE', { cause: error })
    }
  }

  async function enter(from: Directory, name: string, options: WalkOptions): Promise<Directory> {
    const path = pathIn(from, name)
    const handle = await openDirectory(path, options)
    return holding(handle, async () => {
      const directory = {
        handle,
        place: await placeOf(handle, path),
        segments: [...from.segments, name]
      }
      if (!options.reserved && from.segments.length === 0) await refuseOwn(from, handle)
      return directory
    })
  }

  /** One attempt without links: either the visit's result, or where a link on the way points. */
  async function attempt<Result>(
    segments: readonly string[],
    options: WalkOptions,
    visit: Visit<Result>
  ): Promise<{ result: Result } | { segments: string[] }> {
    const parents = segments.slice(0, -1)
    let directory = await openRoot()
    let name = ''
    try {
      for (const [level, parent] of parents.entries()) {
        name = parent
        if (level === 0) refuseReserved(name, options)
        const next = await enter(directory, name, options)
        await directory.handle.close()
        directory = next
      }
      name = segments.at(-1) ?? '.'
      if (parents.length === 0) refuseReserved(name, options)
      return { result: await visit(directory, name) }
    } catch (error) {
      if (!(error instanceof FoundLink)) throw toTreeError(error)
      const target = await linkTarget(pathIn(directory, name))
      const rest = segments.slice(directory.segments.length + 1)
      return { segments: [...(await followed(directory.segments, target)), ...rest] }
    } finally {
      await directory.handle.close()
    }
  }

  /** The names from the root that a link in `directory` points to. */
  async function followed(directory: readonly string[], target: string): Promise<string[]> {
    let names = [...directory]
    let path = target
    if (isAbsolute(target)) {
      const roots = [root, await realpath(root)]
      const below = roots.map((base) => relative(base, target)).find((path) => !leadsUp(path))
      if (below === undefined) throw new FileTreeError('LEADS_OUT')
      names = []
      path = below
    }
    for (const name of path.split(sep)) {
      if (name === '' || name === '.') continue
      if (name !== '..') names.push(name)
      else if (names.pop() === undefined) throw new FileTreeError('LEADS_OUT')
    }
    return names
  }

  const walk: TreeWalk = {
    async at(segments, options, visit) {
      if (segments.some(isNoName)) throw new FileTreeError('MISSING')
      let path = [...segments]
      for (let links = 0; links <= MAX_LINKS; links++) {
        const outcome = await attempt(path, options, visit)
        if ('result' in outcome) return outcome.result
        path = outcome.segments
      }
      throw new FileTreeError('LINK_LOOP')
    },
    async inside(segments, options, visit) {
      return walk.at(segments, options, async (parent, name) => {
        if (name === '.') return visit(parent)
        const directory = await enter(parent, name, options)
        try {
          return await visit(directory)
        } finally {
          await directory.handle.close()
        }
      })
    }
  }
  return walk
}

/** Callers that did not come through `parseFilePath` get no further either. */
function isNoName(segment: string): boolean {
  return segment === '' || segment === '.' || segment === '..' || /[/\0]/.test(segment)
}

/** Opens a directory that is no link; a link there is reported as `FoundLink`. */
async function openDirectory(path: string, options: WalkOptions): Promise<FileHandle> {
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
  try {
    return await open(path, flags)
  } catch (error) {
    const errno = errnoOf(error)
    // Linux says ENOTDIR for a link here, other systems ELOOP.
    if (errno === 'ENOTDIR' || errno === 'ELOOP') {
      if (await isLink(path)) throw new FoundLink()
      throw new FileTreeError('NOT_A_DIRECTORY', { cause: error })
    }
    if (errno !== 'ENOENT' || !options.make) throw error
  }
  await mkdir(path, DIRECTORY_MODE).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw error
  })
  return openDirectory(path, { ...options, make: false })
}

async function isLink(path: string): Promise<boolean> {
  return readlink(path).then(
    () => true,
    () => false
  )
}

/** A link that is gone by now was swapped under us: as if nothing had been there. */
async function linkTarget(path: string): Promise<string> {
  return readlink(path).catch((error: unknown) => {
    throw new FileTreeError('MISSING', { cause: error })
  })
}

function leadsUp(path: string): boolean {
  return isAbsolute(path) || path === '..' || path.startsWith(`..${sep}`)
}

function refuseReserved(name: string, options: WalkOptions): void {
  if (!options.reserved && isReserved(name)) throw new FileTreeError('MISSING')
}

/** Names can lie where a disk folds them; the directory itself cannot. */
async function refuseOwn(root: Directory, opened: FileHandle): Promise<void> {
  const here = await opened.stat()
  for (const name of [TRASH, UPLOADS]) {
    const own = await stat(pathIn(root, name)).catch(() => undefined)
    if (own && own.ino === here.ino && own.dev === here.dev) throw new FileTreeError('MISSING')
  }
}

/** Runs `use`; closes the handle when it fails. */
async function holding<Result>(handle: FileHandle, use: () => Promise<Result>): Promise<Result> {
  try {
    return await use()
  } catch (error) {
    await handle.close()
    throw error
  }
}
