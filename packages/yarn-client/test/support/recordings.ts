import { readFileSync } from 'node:fs'

/** A recorded call of a real ResourceManager or NodeManager, as `test/fixtures/README.md` says. */
export interface Recording {
  method: string
  /** Path and query as they were asked for. */
  path: string
  status: number
  headers: [string, string][]
  body: Buffer
}

/** `recording('3.3.6/app-killed')` */
export function recording(name: string): Recording {
  const bytes = readFileSync(new URL(`../fixtures/${name}.http`, import.meta.url))
  const split = bytes.indexOf('### response\n')
  const [method = '', path = ''] = bytes.toString('latin1', 0, split).split(' ', 2)
  const answer = bytes.subarray(split + '### response\n'.length)
  const end = answer.indexOf('\n\n')
  const [statusLine = '', ...lines] = answer.toString('latin1', 0, end).split('\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(': ')
    return [line.slice(0, colon), line.slice(colon + 2)]
  })
  return {
    method,
    path,
    status: Number(statusLine.split(' ')[1]),
    headers,
    body: answer.subarray(end + 2)
  }
}
