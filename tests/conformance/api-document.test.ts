import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { needsRedis } from '@scheduler-task/auth/test-support/redis-server'
import t from 'tap'
import { chapters } from './api-chapters.ts'
import { withoutNumbers, writeApiDocument } from './api-document.ts'
import { documentedCalls } from './documented-calls.ts'
import { startWorld } from './world.ts'

const FILE = join(resolve(import.meta.dirname, '../..'), 'docs/api-v1.md')

t.test('docs/api-v1.md shows what the calls answer', needsRedis('redis-server'), async (t) => {
  const document = await writeApiDocument(await startWorld(t))
  if (process.env.WRITE_API_DOCUMENT) writeFileSync(FILE, document)
  t.equal(
    withoutNumbers(readFileSync(FILE, 'utf8')),
    withoutNumbers(document),
    'else run `npm run docs:api`'
  )
})

t.test('docs/api-v1.md leaves no documented call out', async (t) => {
  const shown = new Set(chapters.flatMap(({ entries }) => entries.flatMap((e) => e.successes)))
  for (const { section } of documentedCalls) {
    t.ok(shown.has(section) || section === 'azkaban 停止任务, 没有yarn任务', section)
  }
})
