import { randomUUID } from 'node:crypto'
import { isAbsolute, join } from 'node:path'
import type { Launcher } from './launcher.ts'
import type { ApplicationReport } from './resource-manager-client.ts'

/** Log of a stand-in Spark: console lines as Spark 3.5 prints them, or 3.3 (to stdout). */
export type SparkLog = {
  info(logger: string, message: string): void
  warn(logger: string, message: string): void
  error(logger: string, message: string): void
  /** Text without the time and level, to where the log goes. */
  raw(text: string): void
  /** Version of Spark that is played. */
  readonly version: string
  /** Scratch directory of this launch, named in several lines; never created. */
  readonly scratch: string
}

export function sparkLog(launcher: Launcher): SparkLog {
  const version = launcher.env.SANDBOX_SPARK_VERSION ?? '3.5.3'
  const raw = (text: string) =>
    version.startsWith('3.3.') ? launcher.output.stdout(text) : launcher.output.stderr(text)
  const print = (level: string) => (logger: string, message: string) =>
    raw(`${sparkTime(new Date())} ${level} ${logger}: ${message}`)
  return {
    info: print('INFO'),
    warn: print('WARN'),
    error: print('ERROR'),
    raw,
    version,
    scratch: join(launcher.env.TMPDIR ?? '/tmp', `spark-${randomUUID()}`)
  }
}

function sparkTime(now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const date = [now.getFullYear() % 100, now.getMonth() + 1, now.getDate()].map(two).join('/')
  return `${date} ${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(':')}`
}

/** `Application report for …`, with the details block when the state has changed. */
export function printReport(
  log: SparkLog,
  id: string,
  report: ApplicationReport,
  details: boolean
) {
  log.info('Client', `Application report for ${id} (state: ${report.state})`)
  if (!details) return
  const known = report.state === 'RUNNING' || report.state === 'FINISHED'
  const [host, port] = known ? masterAddress(report) : ['N/A', '-1']
  const lines = [
    'client token: N/A',
    `diagnostics: ${report.diagnostics.trim() === '' ? 'N/A' : report.diagnostics}`,
    `ApplicationMaster host: ${host}`,
    `ApplicationMaster RPC port: ${port}`,
    `queue: ${report.queue}`,
    `start time: ${report.startedTime}`,
    `final status: ${report.finalStatus}`,
    `tracking URL: ${report.trackingUrl}`,
    `user: ${report.user}`
  ]
  log.info('Client', `\n${lines.map((line) => `\t ${line}`).join('\n')}`)
}

/** In client mode the ApplicationMaster has no port of its own. */
function masterAddress({ amRPCAddress, amHostHttpAddress }: ApplicationReport): [string, string] {
  const [host, port] = (amRPCAddress ?? amHostHttpAddress ?? 'N/A').split(':')
  return [host ?? 'N/A', amRPCAddress === undefined ? '-1' : (port ?? '-1')]
}

/** `file:` URI of a path as Spark prints it: relative paths are those of the working directory. */
export function fileUri(path: string): string {
  return `file:${isAbsolute(path) ? path : join(process.cwd(), path)}`
}

export function printAcls(log: SparkLog, user: string): void {
  log.info('SecurityManager', `Changing view acls to: ${user}`)
  log.info('SecurityManager', `Changing modify acls to: ${user}`)
  log.info('SecurityManager', 'Changing view acls groups to: ')
  log.info('SecurityManager', 'Changing modify acls groups to: ')
  const allowed = log.version.startsWith('3.3.')
    ? `users  with view permissions: Set(${user}); groups with view permissions: Set(); users  with modify permissions: Set(${user}); groups with modify permissions: Set()`
    : `users with view permissions: ${user}; groups with view permissions: EMPTY; users with modify permissions: ${user}; groups with modify permissions: EMPTY`
  log.info(
    'SecurityManager',
    `SecurityManager: authentication disabled; ui acls disabled; ${allowed}`
  )
}

export function printShutdownHook(log: SparkLog, directories: string[]): void {
  log.info('ShutdownHookManager', 'Shutdown hook called')
  for (const path of directories) log.info('ShutdownHookManager', `Deleting directory ${path}`)
}

/** An uncaught Java exception in the main thread, on stderr. */
export function printUncaught(launcher: Launcher, exception: string, frames: string[]): void {
  launcher.output.stderr(`Exception in thread "main" ${exception}`)
  for (const frame of frames) launcher.output.stderr(`\tat ${frame}`)
}

export function printNativeCodeWarning(log: SparkLog): void {
  log.warn(
    'NativeCodeLoader',
    'Unable to load native-hadoop library for your platform... using builtin-java classes where applicable'
  )
}
