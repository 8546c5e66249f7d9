import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startExecutor } from '../support/executor.ts'

const BODY = { configFile: 'endless.conf', taskName: 'ok' }
const LONG = 'x'.repeat(10_000)

const BAD_NAMES = [
  ['missing', undefined],
  ['null', null],
  ['a number', 7],
  ['a list', ['x']],
  ['empty', ''],
  ['blanks', 'a b'],
  ['a quote', `a'b`],
  ['a double quote', 'a"b'],
  ['a command', '$(id)'],
  ['a backtick', '`id`'],
  ['a semicolon', 'a;id'],
  ['a newline', 'a\nb'],
  ['a carriage return', 'a\rb'],
  ['NUL', 'a\0b'],
  ['a leading dash', '-ynm'],
  ['a leading dot', '.a'],
  ['a slash', 'a/b'],
  ['too long', 'x'.repeat(101)],
  ['much too long', LONG],
  ['a zero width space', 'a\u200bb'],
  ['a direction change', 'a\u202eb'],
  ['an invisible letter', 'a\u3164b'],
  ['half a character', 'a\ud800b'],
  ['what the scripts take for -h', 'a-h']
] as const

const BAD_PATHS = [
  ['missing', undefined],
  ['a number', 7],
  ['empty', ''],
  ['the root', '/'],
  ['dots', '.'],
  ['out of the root', '../secret'],
  ['out of the root, further in', 'a/../../secret'],
  ['backslashes', '..\\secret'],
  ['a drive', 'c://../..'],
  ['NUL', 'a\0b'],
  ['a newline', 'a\nb'],
  ['the trash', '.trash/x'],
  ['the trash in capitals', '.TRASH/x'],
  ['a direction change', 'a\u202eb'],
  ['a zero width space', 'a\u200bb'],
  ['too long', LONG],
  ['a link out of the root', 'link-out/passwd']
] as const

const BAD_MASTERS = [
  ['local', 'local[*]'],
  ['a shell', '$(id)'],
  ['an option', '-v'],
  ['empty', ''],
  ['too long', LONG],
  ['a number', 1]
] as const

t.test('bad input: each answer says what is wrong, and nothing is started', async (t) => {
  const executor = await startExecutor(t)
  const { post, get, yarn, url, variables } = executor
  await symlink('/etc', join(String(variables.FILE_ROOT), 'link-out'))

  for (const route of ['start/spark', 'start/flink', 'restart/spark/application_1_0001']) {
    const send = (more: Record<string, unknown>) => post(`/executor/${route}`, { ...BODY, ...more })
    for (const [what, taskName] of BAD_NAMES) {
      const answer = await send({ taskName })
      t.match(answer, { http: 400, statusCode: 400, message: '参数错误' }, `${route} name: ${what}`)
      t.match(answer.error.errors, [{ path: 'taskName', message: /\w/ }])
    }
    for (const [what, configFile] of BAD_PATHS) {
      const answer = await send({ configFile })
      t.match(answer, { http: 400, statusCode: 400 }, `${route} path: ${what}`)
      t.match(answer.error.errors, [{ path: 'configFile', message: /\w/ }])
    }
    for (const [what, master] of BAD_MASTERS) {
      const answer = await send({ master })
      t.match(answer, { http: 400, statusCode: 400 }, `${route} master: ${what}`)
      t.match(answer.error.errors, [{ path: 'master' }])
    }
  }

  for (const mode of ['local', '', 1, '$(id)', 'CLIENT']) {
    const answer = await post('/executor/start/spark', { ...BODY, 'deploy-mode': mode })
    t.match(answer, { http: 400, error: { errors: [{ path: 'deploy-mode' }] } })
  }
  const contradiction = { ...BODY, master: 'yarn-client', 'deploy-mode': 'cluster' }
  t.match(await post('/executor/start/spark', contradiction), { http: 400 })

  const bodies: readonly [string, string | undefined, Record<string, string>, number][] = [
    ['not JSON', '{"taskName"', {}, 400],
    ['no object', '[]', {}, 400],
    ['null', 'null', {}, 400],
    ['empty', '', {}, 400],
    ['none', undefined, {}, 400],
    ['a form', 'taskName=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['2 MiB', JSON.stringify({ ...BODY, more: 'x'.repeat(2 * 1024 * 1024) }), {}, 413]
  ]
  for (const [what, body, headers, status] of bodies) {
    const answer = await post('/executor/start/spark', body, headers)
    t.match(answer, { http: status, statusCode: status, error: { error: /\w/ } }, `body: ${what}`)
  }

  const ids = [
    'application_',
    'application_1',
    'job_1_2',
    'application_1_2x',
    '1_2',
    LONG,
    '%00',
    '..%2f..'
  ]
  for (const id of ids) {
    for (const path of [`status/${id}`, `y/logger/${id}`]) {
      t.match(await get(`/executor/${path}`), { http: 400, statusCode: 400 }, path.slice(0, 60))
    }
    t.match(await post(`/executor/stop/${id}`), { http: 400 }, `stop/${id.slice(0, 40)}`)
    t.match(await post(`/executor/restart/spark/${id}`, BODY), { http: 400 })
  }

  t.match(await get('/executor/start/spark'), { http: 405, headers: { allow: 'POST' } })
  t.match(await post('/executor/running', {}), { http: 405 })
  t.match(await get('/executor/nothing'), { http: 404, statusCode: 404 })
  t.match(await post('/executor/start/hive', BODY), { http: 404 })
  t.ok(url)
  t.equal(yarn.applications.length, 0)
})

t.test('shell characters in a config file’s name are a name like any other', async (t) => {
  const { post, writeConfig } = await startExecutor(t)
  await writeConfig(
    'a $(touch x) b.conf',
    'env { }\nsource { FakeStream { } }\ntransform { }\nsink { Console { } }'
  )
  t.match(await post('/executor/start/spark', { ...BODY, configFile: 'a $(touch x) b.conf' }), {
    statusCode: 200
  })
  const missing = await post('/executor/start/spark', { configFile: '-v;id', taskName: 'other' })
  t.match(missing, { statusCode: 150, error: { configFile: '-v;id' } })
})
