import { ok as assert } from 'node:assert/strict'
import { type DocumentedCall, isTrue, textOf } from './documented-call.ts'

const SESSION = '{sessionId}'

/** The Azkaban calls as the interface document prints them, in its order. */
export const azkabanCalls: readonly DocumentedCall[] = [
  {
    section: 'azkaban 登录azkaban',
    method: 'POST',
    path: '/azkaban/login',
    body: { username: 'admin', password: 'admin' },
    given: 'nothing',
    data: (data) => {
      const answer = textOf(data) as Record<string, unknown>
      assert(/^[0-9a-f-]{36}$/.test(String(answer['session.id'])), 'a session id')
      assert(answer.status === 'success', 'its status')
    }
  },
  {
    section: 'azkaban 启动任务',
    method: 'POST',
    path: '/azkaban/start',
    body: { sessionId: SESSION, project: 'test', flow: 'test' },
    given: 'an Azkaban session',
    data: (data) => isNewExecution(data, '')
  },
  {
    section: 'azkaban 获取applicationId',
    method: 'POST',
    path: '/azkaban/getAppId',
    body: { sessionId: SESSION, execId: '{execId}', jobId: 'test' },
    given: 'a running execution',
    data: (data, { applicationId }) => assert(data === applicationId, `${applicationId}`)
  },
  {
    section: 'azkaban 获取applicationId, 还没有',
    method: 'POST',
    path: '/azkaban/getAppId',
    body: { sessionId: SESSION, execId: '{execId}', jobId: 'quiet' },
    given: 'a running execution without an application',
    data: (data) => assert(data === null, 'null')
  },
  {
    section: 'azkaban 获取任务日志',
    method: 'POST',
    path: '/azkaban/logger',
    body: { sessionId: SESSION, execId: '{execId}', jobId: 'test', offest: 0, length: '1000' },
    given: 'a running execution',
    data: (data) => {
      const block = textOf(data) as { offset: number; data: string; length: number }
      assert(block.offset === 0, 'the offset that was asked for')
      assert(block.length > 0 && block.length <= 1000, 'at most as many bytes as asked for')
      assert(
        /^\d\d-\d\d-\d{4} \d\d:\d\d:\d\d \S+ test INFO - /.test(block.data),
        'lines of the job'
      )
    }
  },
  {
    section: 'azkaban 获取当前运行的任务',
    method: 'POST',
    path: '/azkaban/status',
    body: { sessionId: SESSION, execId: '{execId}' },
    given: 'a running execution',
    data: (data, { execId }) => {
      const flow = textOf(data) as { nodes: Record<string, unknown>[] } & Record<string, unknown>
      assert(String(flow.execid) === execId, 'the execution that was asked for')
      assert(flow.status === 'RUNNING' && flow.nodes[0]?.status === 'RUNNING', 'it runs')
      const printed =
        'project updateTime type attempt submitTime nestedId submitUser startTime id endTime projectId flowId flow'
      for (const member of printed.split(' ')) assert(member in flow, member)
      for (const member of 'nestedId startTime updateTime id endTime type attempt'.split(' ')) {
        assert(member in (flow.nodes[0] ?? {}), `nodes[0].${member}`)
      }
    }
  },
  {
    section: 'azkaban 获取当前正在的任务',
    method: 'POST',
    path: '/azkaban/running',
    body: { sessionId: SESSION, project: 'test', flow: 'test' },
    given: 'a running execution',
    data: (data, { execId }) => {
      const { execIds } = textOf(data) as { execIds: number[] }
      assert(execIds.includes(Number(execId)), `${execId} among ${execIds}`)
    }
  },
  {
    section: 'azkaban 获取当前正在的任务, 没有',
    method: 'POST',
    path: '/azkaban/running',
    body: { sessionId: SESSION, project: 'test', flow: 'test' },
    given: 'an Azkaban session',
    data: (data) => assert(data === '{}', 'the text {}')
  },
  {
    section: 'azkaban 重启任务',
    method: 'POST',
    path: '/azkaban/restart',
    body: {
      sessionId: SESSION,
      execId: '{execId}',
      applicationId: '{applicationId}',
      project: 'test',
      flow: 'test'
    },
    given: 'a running execution',
    data: (data, { execId = '' }) => isNewExecution(data, execId)
  },
  {
    section: 'azkaban 停止任务',
    method: 'POST',
    path: '/azkaban/stop',
    body: { sessionId: SESSION, execId: '{execId}', applicationId: '{applicationId}' },
    given: 'a running execution',
    data: isTrue
  },
  {
    section: 'azkaban 停止任务, 没有yarn任务',
    method: 'POST',
    path: '/azkaban/stop',
    body: { sessionId: SESSION, execId: '{execId}' },
    given: 'a running execution without an application',
    data: isTrue
  }
]

function isNewExecution(data: unknown, before: string): void {
  const answer = textOf(data) as Record<string, unknown>
  assert(answer.project === 'test' && answer.flow === 'test', 'project and flow')
  assert(/^Execution submitted successfully with exec id \d+$/.test(String(answer.message)))
  assert(Number.isInteger(answer.execid) && Number(answer.execid) > Number(before), 'a new id')
  assert(!('error' in answer), 'no error')
}
