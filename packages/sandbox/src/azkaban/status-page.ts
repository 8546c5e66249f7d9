import type { Answer } from './answer.ts'
import type { Server } from './servlet.ts'

/** `/status`, the one page that needs no session (§1.2). */
export function statusPage({ dialect, executions }: Server): Answer {
  const value = {
    version: dialect.version,
    pid: 'unknown',
    installationPath: '/opt/azkaban/solo/classes',
    usedMemory: 110_164_160,
    xmx: 648_740_864,
    isDatabaseUp: true,
    executorStatusMap: {
      '1': { id: 1, host: '127.0.0.1', port: 12_321, isActive: executions.executor === 'active' }
    }
  }
  const text = JSON.stringify(value, null, 2).replaceAll('": ', `"${dialect.statusColon}`)
  const headers = [['Content-Type', 'application/json']] as const
  return { status: 200, headers, body: Buffer.from(`${text}\r\n`) }
}
