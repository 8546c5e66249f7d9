import { spawn } from 'node:child_process'

const KEPT_CHARACTERS = 4_194_304
/** What a program left behind may hold its output open that much longer. */
const CLOSE_GRACE_MS = 5000

/**
 * Runs a program to its end, at most `timeoutMs`; answers its code, what it printed (the last 4 MB) in the order in
 * which it came, and how long it took.
 */
export function runProgram(command, parameters, { cwd, env = process.env, timeoutMs = 0 }) {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL'
    })
    const streams = [child.stdout, child.stderr]
    let output = ''
    for (const stream of streams) {
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-KEPT_CHARACTERS)
      })
    }
    child.once('error', reject)
    child.once('exit', () => {
      setTimeout(() => streams.forEach((stream) => void stream.destroy()), CLOSE_GRACE_MS).unref()
    })
    child.once('close', (code) => {
      resolve({ code: code ?? 1, output, seconds: (performance.now() - began) / 1000 })
    })
  })
}
