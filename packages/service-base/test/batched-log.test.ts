import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import t from 'tap'
import { createBatchedLog } from '../src/batched-log.ts'

function collected(level = 'info') {
  const writes: string[] = []
  const logger = pino({ level, name: 'tried' }, { write: (text) => void writes.push(text) })
  const lines = () =>
    writes
      .join('')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  return { logger, writes, lines }
}

t.test('lines look like those of the logger, and are written together', async (t) => {
  const { logger, writes, lines } = collected()
  const log = createBatchedLog(logger)
  t.teardown(() => log.close())
  logger.info({ status: 200 }, 'request')
  for (let line = 0; line < 100; line += 1) log.info(',"status":200', 'request')
  t.equal(writes.length, 1, 'not yet')
  while (writes.length < 2) await wait(10)
  const [usual, ...quick] = lines()
  t.equal(quick.length, 100)
  t.strictSame(Object.keys(quick[0]), Object.keys(usual))
  t.strictSame({ ...quick[0], time: 0 }, { ...usual, time: 0 })
})

t.test('many lines do not wait', async (t) => {
  const { logger, writes } = collected()
  const log = createBatchedLog(logger)
  t.teardown(() => log.close())
  for (let line = 0; line < 1000; line += 1)
    log.info(`,"line":${line},"x":"${'y'.repeat(90)}"`, 'm')
  t.ok(writes.length > 2)
})

t.test('what is kept is written at the end, and nothing is kept after it', async (t) => {
  const { logger, lines } = collected()
  const before = process.listenerCount('exit')
  const log = createBatchedLog(logger)
  log.info(',"line":1', 'm')
  log.close()
  t.match(lines(), [{ line: 1 }])
  log.info(',"line":2', 'm')
  t.match(lines(), [{ line: 1 }, { line: 2 }])
  t.equal(process.listenerCount('exit'), before)
})

t.test('it is off where the logger leaves such lines out', async (t) => {
  t.equal(createBatchedLog(collected('warn').logger).isOn(), false)
  t.equal(createBatchedLog(collected('info').logger).isOn(), true)
})

t.test(
  'a process that ends writes what it has kept: by itself, by exit, by an error',
  async (t) => {
    for (const how of ['end', 'exit', 'error']) {
      const { stdout } = spawnSync(
        process.execPath,
        [
          '--import',
          'tsx',
          '--conditions=@scheduler-task/source',
          join(import.meta.dirname, 'fixtures/logs-batched.ts'),
          how
        ],
        { encoding: 'utf8' }
      )
      t.equal(stdout.trim().split('\n').length, 3, how)
    }
  }
)
