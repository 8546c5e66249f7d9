import { pino } from 'pino'
import t from 'tap'
import { createLogSpools } from '../../../src/adapters/log-spools.ts'
import { excerptsOfSpools, firstOf } from '../../../src/domain/diagnosis/log-excerpts.ts'

t.test('beginning and end of a log by source, with where each line stands', async (t) => {
  const ends = new AbortController()
  const log = pino({ level: 'silent' })
  const spools = createLogSpools({
    root: t.testdir({}),
    maxBytes: 16e6,
    bootId: 'b',
    log,
    signal: ends.signal
  })
  const spool = await spools.open('a-job')
  const lines = (first: number, count: number) =>
    Array.from({ length: count }, (_, n) => ({
      at: 1,
      text: `line ${first + n} ${'x'.repeat(90)}`
    }))
  await spool.append('launcher/stderr', [{ at: 1, text: 'the first' }], 10)
  for (let first = 0; first < 16_000; first += 4000) {
    await spool.append('launcher/stdout', lines(first, 4000), first + 1)
  }
  await spool.append('am/c_1/stderr', [{ at: 1, text: 'the last' }], 10)
  const texts = await excerptsOfSpools(spools).of({ id: 'a-job' }, undefined)
  t.strictSame(
    texts.map(({ source }) => source),
    ['launcher/stderr', 'launcher/stdout', 'am/c_1/stderr']
  )
  const [first, middle, last] = texts.map((text) => text.lines)
  t.match(first, [{ text: 'the first', cursor: 0 }])
  const numbers = (middle ?? []).map(({ text }) => Number(text.split(' ')[1]))
  t.ok(numbers.length > 2000 && numbers.length < 8000, `${numbers.length} of 16000 lines`)
  t.strictSame(numbers, [...new Set(numbers)], 'none twice')
  t.ok(numbers.includes(0) && numbers.includes(15_999), 'both ends')
  for (const { text, cursor } of [...(middle ?? []).slice(-2), ...(last ?? [])]) {
    const part = await spools.read('a-job', { from: cursor as number, maxBytes: 1 })
    t.equal(part.lines[0]?.text, text, 'who begins at its cursor reads it first')
  }
  await spool.end()
  ends.abort()
})

t.test('what the first has that has anything', async (t) => {
  const of = (...sources: string[]) => ({
    of: async () => sources.map((source) => ({ source, lines: [] }))
  })
  const texts = await firstOf(of(), of('b'), of('c')).of({ id: 'x' }, undefined)
  t.match(texts, [{ source: 'b' }])
  t.strictSame(await firstOf(of()).of({ id: 'x' }, undefined), [])
})
