import { hostname } from 'node:os'
import { logOutput } from '@scheduler-task/service-base/log-output'

const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const
/** Of the levels that can be configured; what is not here is below all. */
const LEAST: Readonly<Record<string, number>> = { ...LEVELS, fatal: 60, silent: 100 }

export type PrimaryLog = {
  [level in 'info' | 'warn' | 'error']: (fields: Record<string, unknown>, text: string) => void
} & { setLevel(level: string): void }

/** Lines as those of the workers, without pino: the primary stays small. */
export function createPrimaryLog(): PrimaryLog {
  const output = logOutput()
  const base = { pid: process.pid, hostname: hostname(), name: 'gateway', role: 'primary' }
  let least: number = LEVELS.info
  const write = (level: number) => (fields: Record<string, unknown>, msg: string) => {
    if (level < least) return
    output.write(`${JSON.stringify({ level, time: Date.now(), ...base, ...fields, msg })}\n`)
  }
  return {
    info: write(LEVELS.info),
    warn: write(LEVELS.warn),
    error: write(LEVELS.error),
    setLevel: (level) => {
      least = LEAST[level] ?? 0
    }
  }
}
