import type { Test } from 'tap'
import {
  createResourceManager,
  type ResourceManager,
  type ResourceManagerOptions
} from '../../src/resource-manager.ts'
import type { RmReason } from '../../src/rm-errors.ts'
import type { ScriptedServer } from './scripted-server.ts'

/** A client of these servers, closed with the test. */
export function rmOf(
  t: Test,
  servers: readonly (ScriptedServer | string)[],
  options: Partial<ResourceManagerOptions> = {}
): ResourceManager {
  const urls = servers.map((server) => (typeof server === 'string' ? server : server.url))
  const rm = createResourceManager({ urls, user: 'alice', ...options })
  t.teardown(rm.close)
  return rm
}

/** What an `RmError` looks like, for `t.rejects`. */
export function rmError(reason: RmReason, rest: object = {}) {
  return { name: 'RmError', reason, ...rest }
}
