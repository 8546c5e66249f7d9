import type { NmReason } from '../../src/nm-errors.ts'

/** What an `NmError` looks like, for `t.rejects`. */
export function nmError(reason: NmReason, rest: object = {}) {
  return { name: 'NmError', reason, ...rest }
}
