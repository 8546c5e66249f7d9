import { NmError, type NmReason } from '@scheduler-task/yarn-client/nm-errors'
import type { NodeManagerLogs } from '@scheduler-task/yarn-client/node-manager-logs'
import t from 'tap'
import { withPatience } from '../../../src/domain/container-logs/node-patience.ts'

t.test('a node that does not answer is left alone, ever longer; another one is not', async (t) => {
  let now = 0
  let fault: NmReason | undefined = 'NM_TIMEOUT'
  const asked: string[] = []
  const list = async (nodeManager: string) => {
    asked.push(nodeManager)
    if (nodeManager === 'http://silent:1' && fault) throw new NmError(fault, 'said by the node')
    return []
  }
  const inner: NodeManagerLogs = {
    listFiles: ({ nodeManager }) => list(nodeManager),
    readFile: async () => Promise.reject(new Error('not asked here')),
    readFrom: async () => Promise.reject(new Error('not asked here')),
    containersOf: (nodeManager) => list(nodeManager),
    close: async () => {}
  }
  const nodes = withPatience(inner, () => now)
  const ask = (node: string) => nodes.containersOf(node, 'application_1_1')
  const silent = () => t.rejects(ask('http://silent:1'), { message: 'said by the node' })
  for (const [at, calls] of [
    [0, 1],
    [4999, 1],
    [5000, 2],
    [14_999, 2],
    [15_000, 3]
  ] as const) {
    now = at
    await silent()
    t.equal(asked.length, calls, `after ${at} ms`)
  }
  await ask('http://other:1')
  t.equal(asked.length, 4)
  now = 1e6
  fault = 'NM_NOT_FOUND'
  await silent()
  await silent()
  t.equal(asked.length, 6, 'whoever answers, is asked again')
  fault = undefined
  t.strictSame(await nodes.listFiles({ nodeManager: 'http://silent:1', containerId: 'c' }), [])
})
