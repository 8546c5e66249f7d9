// Runs the pnpm version that package.json pins, through npm: nothing has to be installed by hand, corepack is not used.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Runs a program in the project's root with this terminal; answers its exit code (128 + signal when killed). */
export function run(command, parameters, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { cwd: root, stdio: 'inherit', ...options })
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(signal ? 128 : (code ?? 1)))
  })
}

/** Runs `pnpm …`; answers its exit code. */
export function pnpm(...parameters) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return run('npx', ['--yes', packageManager, ...parameters])
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = await pnpm(...process.argv.slice(2))
}
