import t from 'tap'
import type { z } from 'zod'
import {
  closeJobBody,
  idempotencyKey,
  listJobsQuery,
  repeatJobBody,
  submitJobBody
} from '../src/executor-v2.ts'

const BODY = { engine: 'spark', taskName: 'x', configFile: 'a.conf' }
const LONG = 'x'.repeat(2_000_000)

const TAKEN: readonly [string, z.ZodType, unknown][] = [
  ['the least', submitJobBody, BODY],
  ['a text', submitJobBody, { engine: 'flink', taskName: '任务', config: 'env { }' }],
  ['masters', submitJobBody, { ...BODY, master: 'yarn', deployMode: 'cluster' }],
  ['Flink’s master', submitJobBody, { ...BODY, engine: 'flink', master: 'yarn-cluster' }],
  ['Flink’s application mode', submitJobBody, { ...BODY, engine: 'flink', deployMode: 'cluster' }],
  ['a deadline', submitJobBody, { ...BODY, startDeadlineMs: 1000 }],
  ['nothing to change', repeatJobBody, undefined],
  ['null', repeatJobBody, null],
  ['another config', repeatJobBody, { config: 'env { }' }],
  ['a key', idempotencyKey, '"8e03978e-40d5-43dd-bc93-6894a57f9324"'],
  ['a short key', idempotencyKey, 'k'],
  ['a query', listJobsQuery, { state: 'RUNNING,LOST', acceptedFrom: '2026-01-01T08:00:00+08:00' }],
  ['why', closeJobBody, { text: ' gone ' }]
]

const REFUSED: readonly [string, z.ZodType, unknown][] = [
  ['no body', submitJobBody, undefined],
  ['a list', submitJobBody, [BODY]],
  ['an unknown key', submitJobBody, { ...BODY, queue2: 'a' }],
  ['a key of v1', submitJobBody, { ...BODY, 'deploy-mode': 'client' }],
  ['both configs', submitJobBody, { ...BODY, config: 'x' }],
  ['no config', submitJobBody, { engine: 'spark', taskName: 'x' }],
  ['an empty text', submitJobBody, { engine: 'spark', taskName: 'x', config: '' }],
  ['half a character', submitJobBody, { engine: 'spark', taskName: 'x', config: 'a\ud800' }],
  ['a config that is too long', submitJobBody, { engine: 'spark', taskName: 'x', config: LONG }],
  ['a local master', submitJobBody, { ...BODY, master: 'local[*]' }],
  ['the other engine’s master', submitJobBody, { ...BODY, master: 'yarn-cluster' }],
  ['a third deploy mode', submitJobBody, { ...BODY, deployMode: 'local' }],
  ['an engine in capitals', submitJobBody, { ...BODY, engine: 'SPARK' }],
  ['a command as a name', submitJobBody, { ...BODY, taskName: '$(id)' }],
  ['a deadline in words', submitJobBody, { ...BODY, startDeadlineMs: '1000' }],
  ['a deadline that is over', submitJobBody, { ...BODY, startDeadlineMs: -1 }],
  ['a deadline without end', submitJobBody, { ...BODY, startDeadlineMs: 1e300 }],
  ['a prototype', submitJobBody, JSON.parse('{"__proto__":{"engine":"spark"}}')],
  ['another name', repeatJobBody, { taskName: 'y' }],
  ['both new configs', repeatJobBody, { config: 'x', configFile: 'y' }],
  ['an empty key', idempotencyKey, ''],
  ['a key that ends with a blank', idempotencyKey, 'k '],
  ['a long key', idempotencyKey, 'k'.repeat(256)],
  ['a key that is no ASCII', idempotencyKey, '钥'],
  ['two keys', idempotencyKey, ['a', 'b']],
  ['a state that there is not', listJobsQuery, { state: 'RUNNING,DONE' }],
  ['states twice', listJobsQuery, { state: ['RUNNING', 'LOST'] }],
  ['no limit', listJobsQuery, { limit: '0' }],
  ['a high limit', listJobsQuery, { limit: '501' }],
  ['a limit in words', listJobsQuery, { limit: 'ten' }],
  ['a day', listJobsQuery, { acceptedFrom: '2026-01-01' }],
  ['an unknown filter', listJobsQuery, { states: 'RUNNING' }],
  ['no reason', closeJobBody, { text: '  ' }],
  ['a long reason', closeJobBody, { text: LONG }]
]

t.test('what is taken', async (t) => {
  for (const [what, schema, value] of TAKEN) t.ok(schema.safeParse(value).success, what)
  t.match(listJobsQuery.parse({ state: 'RUNNING,LOST' }), { state: ['RUNNING', 'LOST'], limit: 50 })
})

t.test('what is refused', async (t) => {
  for (const [what, schema, value] of REFUSED) t.notOk(schema.safeParse(value).success, what)
})
