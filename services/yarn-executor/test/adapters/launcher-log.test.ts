import { appendFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { pino } from 'pino'
import t from 'tap'
import { createLauncherLog } from '../../src/adapters/launcher-log.ts'
import { createLogSpools } from '../../src/adapters/log-spools.ts'

const MB = 1_000_000

t.test(
  'output that comes faster than it is taken is left out in part, and that is told',
  async (t) => {
    const root = lastingDirectory(t, { attempts: { 'a-1': {} }, logs: {} })
    const directory = join(root, 'attempts', 'a-1')
    mkdirSync(join(directory, 'work'))
    const stdout = join(directory, 'stdout')
    writeFileSync(stdout, '')
    for (let at = 0; at < 400_000; at += 10_000) {
      appendFileSync(stdout, numbered(at, at + 10_000))
    }
    writeFileSync(join(directory, 'stderr'), 'one\n')
    writeFileSync(join(directory, 'exit-status'), '0\n')
    const before = statSync(stdout)

    const signal = new AbortController().signal
    const log = pino({ level: 'silent' })
    const spools = createLogSpools({
      root: join(root, 'logs'),
      maxBytes: 64 * MB,
      bootId: 'b1',
      log,
      signal
    })
    const { feed } = createLauncherLog({
      root: join(root, 'attempts'),
      launching: { exitOf: async () => ({ kind: 'exited', code: 0 }), fence: async () => 'free' },
      environment: {},
      maxBehindBytes: 8 * MB,
      signal,
      log
    })
    const spool = await spools.open('a')
    await feed({ attemptId: 'a-1', identity: undefined, directory }, spool, () => false)

    const lines = []
    for (let next = 0; ; ) {
      const part = await spools.read('a', { from: next, maxBytes: 500_000 })
      lines.push(...part.lines)
      if (part.next === part.size) break
      next = part.next
    }
    const [first, ...others] = lines.filter(({ source }) => source !== 'launcher/stderr')
    t.equal(first?.source, 'executor')
    t.match(first?.text, /^about 36\d{6} bytes of launcher\/stdout are left out here/)
    t.match(others.at(0)?.text, /^\d{6} x{93}$/, 'no half line')
    t.match(others.at(-1)?.text, /^399999 /, 'the end is there')
    const numbers = others.map(({ text }) => Number(text.slice(0, 6)))
    t.ok(
      numbers.every((number, index) => number === (numbers[0] ?? 0) + index),
      'without a gap from there on'
    )
    t.equal(lines.filter(({ source }) => source === 'launcher/stderr').length, 1)
    t.ok(statSync(stdout).blocks < before.blocks / 4, 'the disk has it back')
  }
)

function numbered(from: number, to: number): string {
  const lines = Array.from(
    { length: to - from },
    (_, index) => `${String(from + index).padStart(6, '0')} ${'x'.repeat(93)}\n`
  )
  return lines.join('')
}
