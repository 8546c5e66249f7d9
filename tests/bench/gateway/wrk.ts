import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { Surroundings } from './surroundings.ts'

/** A kind of request, and what its answer must be at least. */
export type Load = Readonly<{
  name: string
  path: string
  method: 'GET' | 'POST'
  /** Of the request. */
  bodyBytes: number
  /** Of the answer's body. */
  answerBytes: number
}>

/** What wrk has counted. `invalid`: why it must not be believed. */
export type LoadResult = Readonly<{
  requests: number
  perSecond: number
  p50: number
  p99: number
  invalid?: string
}>

const SCRIPT = join(import.meta.dirname, 'load.lua')
/** wrk makes a request of each token beforehand, in the little memory that Lua has. */
const MOST_UPLOADS = 20

const report = z.object({
  requests: z.number(),
  us: z.number(),
  bytes: z.number(),
  p50Us: z.number(),
  p99Us: z.number(),
  connect: z.number(),
  read: z.number(),
  write: z.number(),
  status: z.number(),
  timeout: z.number()
})

export type LoadOptions = Readonly<{ connections: number; seconds: number }>

/** Loads a server for a while, each request with the next of the tokens. */
export async function load(
  { tools, placement, tokens }: Surroundings,
  url: string,
  { path, method, bodyBytes, answerBytes }: Load,
  { connections, seconds }: LoadOptions
): Promise<LoadResult> {
  const count = bodyBytes > 0 ? Math.min(MOST_UPLOADS, tokens.count) : tokens.count
  const parameters = [
    ...[tools.wrk, '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s'],
    ...['-s', SCRIPT, `${url}${path}`, '--', tokens.file, String(count), method, String(bodyBytes)]
  ]
  const [program = '', ...rest] =
    tools.taskset !== null && placement.load !== null
      ? [tools.taskset, '-c', placement.load, ...parameters]
      : parameters
  const { stdout } = await promisify(execFile)(program, rest, {
    env: { PATH: process.env.PATH ?? '', ...tools.variables },
    timeout: (seconds + 30) * 1000
  })
  return read(stdout, answerBytes)
}

function read(output: string, answerBytes: number): LoadResult {
  const line = output.trimEnd().split('\n').at(-1) ?? ''
  const { requests, us, bytes, p50Us, p99Us, ...errors } = report.parse(JSON.parse(line))
  const wrong = Object.entries(errors)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} × ${kind}`)
  if (requests === 0) wrong.push('no answer')
  else if (bytes < requests * answerBytes) wrong.push('answers that are too short')
  return {
    requests,
    perSecond: requests / (us / 1e6),
    p50: p50Us / 1000,
    p99: p99Us / 1000,
    ...(wrong.length > 0 && { invalid: wrong.join(', ') })
  }
}
