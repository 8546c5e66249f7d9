import { existsSync, readFileSync } from 'node:fs'
import type { Output } from './output.ts'

/** What launchers print once a step is done; a recording is printed up to its own line of that kind. */
const MARKS = [/Submitted application/, /\(state: RUNNING\)/, /has been submitted with JobID/]
const APPLICATION_ID = /application_\d+_\d{4,}/
const STREAMS = ['stdout', 'stderr'] as const

/**
 * An output that prints a recording in place of what it is given: each part when the launcher comes to the line that
 * ends it, the rest when it ends.
 * @param path of the recording, without `.stdout` and `.stderr`; a stream without output has no file
 */
export function replayRecording(path: string, output: Output): Output {
  const left = { stdout: linesIn(`${path}.stdout`), stderr: linesIn(`${path}.stderr`) }
  const marks = [...MARKS]
  let id: string | undefined

  function print(stream: (typeof STREAMS)[number], count: number): void {
    for (const line of left[stream].splice(0, count)) {
      output[stream](id ? line.replaceAll(new RegExp(APPLICATION_ID, 'g'), id) : line)
    }
  }
  const see = (text: string) => {
    id ??= APPLICATION_ID.exec(text)?.[0]
    for (const mark of [...marks].filter((one) => one.test(text))) {
      marks.splice(marks.indexOf(mark), 1)
      for (const stream of STREAMS) {
        print(stream, left[stream].findIndex((line) => mark.test(line)) + 1)
      }
    }
  }
  return {
    stdout: see,
    stderr: see,
    flush: () => {
      for (const stream of STREAMS) print(stream, left[stream].length)
      output.flush()
    }
  }
}

function linesIn(file: string): string[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8').replace(/\n$/, '').split('\n')
}
