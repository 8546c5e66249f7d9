import { readFileSync } from 'node:fs'
import { fixture } from './launching.ts'

/** The lines of a recorded launcher run: stdout, then stderr; a stream without output has no file. */
export function recording(name: string): { stdout: string[]; stderr: string[]; all: string[] } {
  const lines = (stream: string) => {
    try {
      return readFileSync(fixture(`recorded/${name}.${stream}`), 'utf8').split('\n')
    } catch {
      return []
    }
  }
  const [stdout, stderr] = [lines('stdout'), lines('stderr')]
  if (stdout.length + stderr.length === 0) throw new Error(`there is no recording ${name}`)
  return { stdout, stderr, all: [...stdout, ...stderr] }
}
