// A wrapper as people write them in Node: a child in a session of its own stays behind, the script runs as another one.
import { spawn } from 'node:child_process'

const [leaves, script, ...parameters] = process.argv.slice(2)
spawn('sleep', [leaves], { detached: true, stdio: 'ignore' }).unref()
spawn('bash', [script, ...parameters], { stdio: 'inherit' }).once('exit', (code, signal) => {
  if (signal) process.kill(process.pid, signal)
  else process.exit(code)
})
