import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './pnpm.mjs'
import { runProgram } from './run-program.mjs'
import { tapTotals } from './tap-totals.mjs'

/** As long as `.taprc` gives a file, and a little more until it is ended from outside. */
const TIMEOUT_S = 600
const KILL_AFTER_MS = (TIMEOUT_S + 30) * 1000

/** The test files of a package, those that `npx tap` takes there: below the folders that `include` names in `.taprc`. */
export function testFilesOf(folder) {
  const cwd = join(root, folder)
  const included = includesIn(join(cwd, '.taprc'))
  const folders = included.length > 0 ? included : includesIn(join(root, '.taprc'))
  return folders.flatMap((name) =>
    existsSync(join(cwd, name))
      ? readdirSync(join(cwd, name), { recursive: true })
          .filter((path) => path.endsWith('.test.ts'))
          .map((path) => join(name, path))
          .sort()
      : []
  )
}

function includesIn(path) {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  return [...text.matchAll(/^ *- '(.+)\/\*\*\/\*\.test\.ts'$/gm)].map(([, name]) => name)
}

/**
 * Runs one test file, without the runner of tap: with tsx it starts in half the time (a quarter for a small one), and
 * children of the tests do not load tap. Answers its output, its sums and how long it took.
 */
export async function runTestFile(folder, file) {
  const { code, output, seconds } = await runProgram(
    process.execPath,
    ['--import=tsx', '--conditions=@scheduler-task/source', '--enable-source-maps', file],
    {
      cwd: join(root, folder),
      env: { ...process.env, TAP_TIMEOUT: String(TIMEOUT_S) },
      timeoutMs: KILL_AFTER_MS
    }
  )
  return { output, seconds, counted: tapTotals(code, output) }
}
