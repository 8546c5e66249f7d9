import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Recording } from '../../yarn/replay/recording.ts'

const folder = join(import.meta.dirname, '../../fixtures/azkaban')

export const folders = ['2.5.0', '3.0.0', '3.90.0', '3.90.0-poll', '4.0.0', 'HEAD'] as const
export type Folder = (typeof folders)[number]

export function recordingNames(version: Folder): string[] {
  const files = readdirSync(join(folder, version)).filter((file) => file.endsWith('.http'))
  return files.map((file) => file.slice(0, -'.http'.length))
}

/**
 * Reads one `.http` file: the request in one line (method, path, form, headers in brackets), an empty
 * line, then the answer as it was received; a chunked body loses its framing here.
 */
export function readRecording(version: Folder, name: string): Recording {
  const text = readFileSync(join(folder, version, `${name}.http`), 'utf8')
  const [requestLine = '', rest = ''] = text.split(/\n\n(.*)/s)
  const [, method = '', target = '', requestBody = '', extra = ''] =
    /^(\w+) (\S+)(?: ([^[]\S*))?(?: \[(.*)\])?$/.exec(requestLine) ?? []
  const [head = '', body = ''] = rest.split(/\r\n\r\n(.*)/s)
  const [statusLine = '', ...answerHeaders] = head.split('\r\n')
  const [, status = '', ...reason] = statusLine.split(' ')
  const headers = answerHeaders.map(header)
  const chunked = headers.some(([key]) => key === 'Transfer-Encoding')
  return {
    name,
    method,
    target,
    headers: [
      ['Host', 'azkaban.example:8081'],
      ...(requestBody === '' ? [] : [formType]),
      ...(extra === '' ? [] : [header(extra)])
    ],
    requestBody,
    answer: {
      status: Number(status),
      reason: reason.join(' '),
      headers,
      body: chunked ? unchunked(body) : body
    }
  }
}

const formType = ['Content-Type', 'application/x-www-form-urlencoded'] as const

function header(line: string): readonly [string, string] {
  const [name = '', value = ''] = line.split(/: (.*)/s)
  return [name, value]
}

/** The text in a chunked body. */
function unchunked(body: string): string {
  const bytes = Buffer.from(body)
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16)
    if (!(size > 0)) break
    parts.push(bytes.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
  return Buffer.concat(parts).toString()
}

/** The value of a parameter of the recorded request. */
export function parameterOf(recording: Recording, name: string): string | undefined {
  const query = recording.target.split('?')[1] ?? ''
  return new URLSearchParams(`${query}&${recording.requestBody}`).get(name) ?? undefined
}

/** Text of the recorded log block, as it was before it was escaped for HTML. */
export function recordedText(version: Folder, recording: Recording): string {
  const { data } = JSON.parse(recording.answer.body)
  const names: Readonly<Record<string, string>> = {
    quot: '"',
    amp: '&',
    lt: '<',
    gt: '>',
    eacute: 'é',
    mdash: '—',
    uuml: 'ü',
    copy: '©',
    nbsp: '\u00a0'
  }
  if (version === '2.5.0') return String(data)
  return String(data).replaceAll(/&(?:#(\d+)|(\w+));/g, (_, code, name) =>
    code === undefined ? (names[name] ?? '?') : String.fromCharCode(Number(code))
  )
}
