import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const REQUIREMENTS = fileURLToPath(new URL('../schemathesis.txt', import.meta.url))
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url))
const PROGRAM = 'from schemathesis.cli import schemathesis; schemathesis()'
/** How long the whole run may take beyond the time it was given: it ends a phase that it has begun. */
const GRACE_MS = 120_000

/** What every answer must be. Which data a call refuses is the business of the services' own tests. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'unsupported_method',
  'allow_header_conformance',
  'ignored_auth'
]

export type FuzzOptions = {
  /** Where schemathesis is. */
  program: string
  /** A running service; it shows its OpenAPI document. */
  url: string
  token: string
  seed: number
  seconds: number
  /** Where its files are put. */
  directory: string
  /** Paths that are left out. */
  exceptPaths: readonly string[]
}

export type FuzzResult = {
  /** How many requests were made. */
  cases: number
  /** Each failure with the request that makes it again; empty when there is none. */
  failures: string
  /** Heads and bodies of all answers, one text each. */
  answers: string[]
}

/** Where schemathesis is, from PyPI with exactly the versions in schemathesis.txt. Needs Python 3 with pip. */
export async function installSchemathesis(): Promise<string> {
  const requirements = await readFile(REQUIREMENTS, 'utf8')
  const version = /^schemathesis==(.+)$/m.exec(requirements)?.[1]
  const place = join(CACHE, `schemathesis-${version}`)
  if (existsSync(place)) return place
  const draft = `${place}.${process.pid}`
  await mkdir(dirname(draft), { recursive: true })
  const pip = ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:']
  try {
    await run('python3', [...pip, '--target', draft, '-r', REQUIREMENTS])
    await rename(draft, place)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return place
}

/** Makes requests from a service's OpenAPI document, good ones and bad ones, for some seconds. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { program, url, token, seed, seconds, directory, exceptPaths } = options
  const at = (name: string) => join(directory, name)
  await mkdir(directory, { recursive: true })
  await writeFile(at('openapi.json'), JSON.stringify(await documentOf(url)))
  const parameters = [
    'run',
    at('openapi.json'),
    `--url=${url}`,
    `--header=token: ${token}`,
    `--seed=${seed}`,
    `--max-time=${seconds}`,
    '--phases=examples,coverage,fuzzing,stateful',
    `--checks=${CHECKS.join(',')}`,
    '--continue-on-failure',
    '--request-timeout=60',
    '--generation-database=none',
    '--warnings=off',
    '--no-color',
    '--report=har,json',
    `--report-har-path=${at('all.har')}`,
    `--report-json-path=${at('report.json')}`,
    ...exceptPaths.map((path) => `--exclude-path=${path}`)
  ]
  const output = await outputOf(program, parameters, directory, seconds * 1000 + GRACE_MS)
  const report = JSON.parse(await readFile(at('report.json'), 'utf8'))
  if (report.errors.length > 0) throw new Error(`schemathesis could not go on:\n${output}`)
  const [, failures = ''] = /=+ FAILURES =+\n(.*?)\n=+ SUMMARY =+/s.exec(output) ?? []
  if (report.failures.length > 0 && failures === '') throw new Error(output)
  return {
    cases: report.test_cases.generated,
    failures,
    answers: answersIn(await readFile(at('all.har'), 'utf8'))
  }
}

async function outputOf(
  program: string,
  parameters: string[],
  cwd: string,
  timeout: number
): Promise<string> {
  const child = spawn('python3', ['-c', PROGRAM, ...parameters], {
    cwd,
    env: { PATH: process.env.PATH ?? '', HOME: cwd, PYTHONPATH: program },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
    killSignal: 'SIGKILL'
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve)
  })
  // 1: there were failures.
  if (code !== 0 && code !== 1) throw new Error(`schemathesis ended with ${code}:\n${output}`)
  return output
}

type DescribedCall = { responses: Record<string, unknown>; parameters?: { name: string }[] }

type Described = {
  paths: Record<string, Record<string, DescribedCall>>
}

async function documentOf(url: string): Promise<Described> {
  const answer = await fetch(`${url}/openapi.json`)
  const document = (await answer.json()) as Described
  for (const item of Object.values(document.paths)) {
    for (const call of Object.values(item)) {
      // Any request may be answered this; the documents say so in their descriptions.
      call.responses['431'] ??= HEAD_TOO_LARGE
      // A log that is followed goes on for as long as its job runs.
      if (call.parameters) call.parameters = call.parameters.filter(({ name }) => name !== 'follow')
    }
  }
  return document
}

const HEAD_TOO_LARGE = {
  description: 'The head of the request is too large',
  content: {
    'application/json': { schema: { $ref: '#/components/schemas/Failure' } }
  }
}

type Har = {
  log: {
    entries: {
      request: { method: string; url: string }
      response: {
        status: number
        headers: { name: string; value: string }[]
        content: { text?: string; encoding?: string }
      }
    }[]
  }
}

function answersIn(har: string): string[] {
  return (JSON.parse(har) as Har).log.entries.map(({ request, response }) => {
    const { status, headers, content } = response
    const text = Buffer.from(content.text ?? '', content.encoding === 'base64' ? 'base64' : 'utf8')
    const fields = headers.map(({ name, value }) => `${name}: ${value}`)
    const { pathname, search } = new URL(request.url)
    return [`${request.method} ${pathname}${search} → ${status}`, ...fields, '', text].join('\n')
  })
}
