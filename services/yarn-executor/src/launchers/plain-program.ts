import type { Finding } from '@scheduler-task/job-config/finding'
import type { LaunchRequest } from '../domain/launching.ts'
import { refusal } from './launch-values.ts'

const MAX_PYTHON_BYTES = 1024 * 1024

/** A program of the user's own: a jar, which was looked at when it was accepted, or the text of a Python file. */
export function checkProgram({ config, program, mainClass }: LaunchRequest): readonly Finding[] {
  const refuse = (message: string) => [refusal('BAD_PROGRAM', 'configFile', message)]
  if (program) return []
  const findings =
    mainClass === null ? [] : [refusal('BAD_CLASS', 'mainClass', 'is for a jar; this is Python')]
  if (config.byteLength > MAX_PYTHON_BYTES) {
    return [...findings, ...refuse(`is larger than ${MAX_PYTHON_BYTES} bytes`)]
  }
  if (config.byteLength === 0) return [...findings, ...refuse('is empty')]
  if (config.includes(0)) return [...findings, ...refuse('holds a NUL character: no Python text')]
  return findings
}
