import t from 'tap'
import { z } from 'zod'
import { baseEnvironment, isLoopback } from '../src/base-config.ts'
import { ALSO_WHEN_WRONG, ConfigError, flag, loadConfig, milliseconds } from '../src/load-config.ts'

const schema = z.object({ ...baseEnvironment(8082), ON: flag(false), WAIT_MS: milliseconds(500) })

t.test('defaults, and an empty value counts as not set', async (t) => {
  const config = loadConfig(schema, { PORT: '', ON: 'true', OTHER: 'ignored' })
  t.match(config, { PORT: 8082, HOST: '127.0.0.1', ON: true, WAIT_MS: 500, DOCS: 'on' })
})

t.test('every wrong value is refused with its variable’s name', async (t) => {
  const wrong: Record<string, string> = {
    PORT: '70000',
    LOG_LEVEL: 'loud',
    WAIT_MS: '0',
    ON: 'perhaps',
    DOCS: 'yes'
  }
  const error = t.throws(() => loadConfig(schema, wrong), ConfigError) as ConfigError
  for (const name of Object.keys(wrong)) {
    t.ok(
      error.problems.some((problem) => problem.startsWith(`${name}: `)),
      name
    )
  }
  t.equal(error.problems.length, Object.keys(wrong).length)
})

t.test('a wrong word in a list is refused with the variable’s name alone', async (t) => {
  const list = z.object({
    NAMES: z
      .string()
      .transform((names) => names.split(','))
      .pipe(z.array(z.enum(['a', 'b'], { error: 'knows a and b' })))
  })
  const error = t.throws(() => loadConfig(list, { NAMES: 'a,c' }), ConfigError) as ConfigError
  t.strictSame(error.problems, ['NAMES: knows a and b'])
})

t.test('a number with anything behind it is no number', async (t) => {
  for (const value of ['80x', '1e3', '0x10', '8080.5', '-1', 'NaN', ' ', '80 ']) {
    t.throws(() => loadConfig(schema, { PORT: value }), ConfigError, value)
  }
})

t.test('loopback addresses', async (t) => {
  for (const host of ['127.0.0.1', '127.9.9.9', 'localhost', '::1', 'LOCALHOST']) {
    t.equal(isLoopback(host), true, host)
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'localhost.example', '127.0.0.1.example', '']) {
    t.equal(isLoopback(host), false, host)
  }
})

t.test('what two variables say together is told along with what one says alone', async (t) => {
  const pair = z
    .object({ FROM: z.string({ error: 'missing' }), A: flag(false), B: flag(false) })
    .superRefine(({ A, B }, context) => {
      if (A && B) context.addIssue({ code: 'custom', path: ['B'], message: 'contradicts A' })
    }, ALSO_WHEN_WRONG)
  const error = t.throws(() => loadConfig(pair, { A: 'on', B: 'on' }), ConfigError) as ConfigError
  t.strictSame(error.problems, ['FROM: missing', 'B: contradicts A'])
})
