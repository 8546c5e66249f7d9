import type { Test } from 'tap'
import { azkabanBaseUrl } from '../../src/adapters/azkaban-base-url.ts'
import { createAzkabanClient } from '../../src/adapters/azkaban-client.ts'
import { createAzkabanConnection } from '../../src/adapters/azkaban-connection.ts'
import type { Azkaban } from '../../src/domain/azkaban.ts'

export type ClientOptions = {
  timeoutMs?: number
  waitMs?: number
  maxWaiting?: number
  ca?: string
  insecure?: boolean
}

/** A client of the Azkaban at `url`, closed with the test. */
export function clientOf(t: Test, url: string, options: ClientOptions = {}): Azkaban {
  const { timeoutMs = 5000, waitMs = 5000, maxWaiting = 100, ca, insecure = false } = options
  const base = azkabanBaseUrl(url)
  const connection = createAzkabanConnection({ base, maxWaiting, insecure, ...(ca && { ca }) })
  t.teardown(() => connection.close())
  return createAzkabanClient({ connection, waitMs, timeoutMs, cancelTimeoutMs: timeoutMs })
}
