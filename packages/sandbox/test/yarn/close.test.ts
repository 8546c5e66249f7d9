import { connect } from 'node:net'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startYarn } from '../../src/yarn/yarn.ts'
import { submitOver, yarnFor } from './support/yarn.ts'

t.test('the end of the stand-in cuts answers that would never come', async (t) => {
  const yarn = await startYarn()
  yarn.faults.set([
    { kind: 'hang', path: '*/info' },
    { kind: 'slow', path: '*/metrics', ms: 60_000 },
    { kind: 'slow', path: '*/apps', ms: 0, dripMs: 60_000 },
    { kind: 'huge', path: '*/nodes' }
  ])
  const port = Number(new URL(yarn.url).port)
  const ends = ['info', 'metrics', 'apps', 'nodes'].map((name) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET /ws/v1/cluster/${name} HTTP/1.1\r\nHost: x\r\n\r\n`)
    socket.on('error', () => {})
    return new Promise((resolve) => socket.once('close', resolve).resume())
  })
  await until('all were hit', () => yarn.faults.list().every((one) => one.hits === 1))
  const started = Date.now()
  await yarn.close()
  await Promise.all(ends)
  t.ok(Date.now() - started < 2000)
  await t.rejects(fetch(yarn.url), 'nothing listens')
  await t.rejects(fetch(yarn.nodeManagerUrl), 'nothing listens')
})

t.test('drivers are told that their applications were KILLED', async (t) => {
  const yarn = await startYarn()
  const am = { kind: 'client-driver', acceptAfterMs: 1, registerAfterMs: 1 }
  const id = await submitOver(yarn.url, am)
  const response = await fetch(`${yarn.url}/sandbox/apps/${id}/driver`)
  await until('running', () => yarn.applications[0]?.state === 'RUNNING')
  await yarn.close()
  t.match(await response.text(), /\{"state":"KILLED"\}\n$/)
})

t.test('a port that is taken is an error, and nothing stays open', async (t) => {
  const yarn = await yarnFor(t)
  const taken = Number(new URL(yarn.url).port)
  await t.rejects(startYarn({ port: taken }), { code: 'EADDRINUSE' })
  await t.rejects(startYarn({ nodeManagerPort: taken }), { code: 'EADDRINUSE' })
})
