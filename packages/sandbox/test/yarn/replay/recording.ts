import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../fixtures/3.3.6')

export type HeaderList = ReadonlyArray<readonly [string, string]>

export interface Recording {
  readonly name: string
  readonly method: string
  readonly target: string
  readonly headers: HeaderList
  readonly requestBody: string
  readonly answer: RecordedAnswer
}

export interface RecordedAnswer {
  readonly status: number
  readonly reason: string
  readonly headers: HeaderList
  readonly body: string
}

export function recordingNames(): string[] {
  return readdirSync(folder).map((file) => file.replace(/\.http$/, ''))
}

/** Reads one `.http` file: the request, a line `### response`, the answer with its body as it was. */
export function readRecording(name: string): Recording {
  const text = readFileSync(join(folder, `${name}.http`), 'utf8')
  const [request, answer] = cut(text, '### response\n')
  const [requestHead, rest] = cut(request, '\n\n')
  const [head, body] = cut(answer, '\n\n')
  const [requestLine = '', ...headers] = requestHead.split('\n')
  const [statusLine = '', ...answerHeaders] = head.split('\n')
  const [method = '', target = ''] = requestLine.split(' ')
  const [, status = '', ...reason] = statusLine.split(' ')
  return {
    name,
    method,
    target,
    headers: headers.filter((line) => line !== '').map(header),
    requestBody: rest.replace(/\n$/, ''),
    answer: {
      status: Number(status),
      reason: reason.join(' '),
      headers: answerHeaders.map(header),
      body
    }
  }
}

function header(line: string): readonly [string, string] {
  const [name, value] = cut(line, ': ')
  return [name, value]
}

function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)]
}
