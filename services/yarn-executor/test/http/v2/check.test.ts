import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startExecutor } from '../../support/executor.ts'

type Check = {
  http: number
  ok: boolean
  profile: string | null
  argv: string[] | null
  environment: string[]
  findings: { severity: string; code: string; path: string; line?: number; lineText?: string }[]
}

const GOOD = `env {
  spark.executor.instances = 1
}
source {
  Fake { result_table_name = "t1" }
}
transform { }
sink {
  Console { }
}
`
const PATH = '/executor/v2/jobs/check'

t.test('a job is checked along the way of a start, and nothing comes of it', async (t) => {
  const executor = await startExecutor(t)
  const { post, yarn, variables, changes } = executor
  const check = async (body: Record<string, unknown>) =>
    (await post(PATH, { engine: 'spark', taskName: 'check-me', ...body })) as unknown as Check

  const good = await check({ config: GOOD })
  t.match(good, { http: 200, ok: true, profile: 'waterdrop-2', findings: [] })
  t.match(good.argv, [/bash$/, /start-waterdrop-spark\.sh$/, '--master', 'yarn', '--deploy-mode'])
  t.ok(good.environment.includes('SPARK_SUBMIT_OPTS'), 'names of variables')
  t.notMatch(JSON.stringify(good.environment), /=/, 'and not their values')

  const broken = GOOD.replace('Console', 'Consol').replace('}\nsource', '\nsource')
  t.match(await check({ config: broken }), {
    ok: false,
    findings: [{ severity: 'error', code: 'SYNTAX', path: 'config', line: 1 }]
  })
  const typo = await check({ config: GOOD.replace('Console', 'Consol') })
  t.match(typo.findings, [
    { code: 'UNKNOWN_PLUGIN', line: 9, lineText: '  Consol { }', suggestion: 'Console' }
  ])

  t.match(await check({ configFile: 'endless.conf' }), { ok: true })
  t.match(await check({ configFile: 'not-there.conf' }), {
    ok: false,
    argv: null,
    findings: [{ code: 'CONFIG_NOT_FOUND', path: 'configFile' }]
  })
  t.match(await check({ configFile: '../out.conf' }), { findings: [{ path: 'configFile' }] })
  t.match(await check({ config: GOOD, profile: 'flink' }), {
    ok: false,
    findings: [{ path: 'profile' }]
  })
  t.match(await check({ config: GOOD, unknown: 1 }), { http: 400 }, 'as a submission')

  const queue = GOOD.replace('env {', 'env {\n  spark.yarn.queue = "nope"')
  t.match(await check({ config: queue }), {
    ok: false,
    findings: [{ code: 'UNKNOWN_QUEUE', path: 'config', line: 2 }]
  })
  const fine = GOOD.replace('env {', 'env {\n  spark.yarn.queue = "default"')
  t.match(await check({ config: fine }), { ok: true, findings: [] })

  const secret = GOOD.replace('Console { }', 'Console { password = "hunter22", limit = ten }')
  const masked = await check({
    config: secret,
    variables: { db_password: 'swordfish', day: '2026-01-01' }
  })
  t.notMatch(JSON.stringify(masked), /hunter22|swordfish/)
  t.match(masked.argv?.join(' '), /day=2026-01-01/)

  const id = await executor.startSpark('in-use')
  t.match(await check({ config: GOOD, taskName: 'in-use' }), {
    ok: false,
    findings: [{ code: 'TASK_NAME_IN_USE', path: 'taskName' }]
  })
  await post(`/executor/stop/${id}`)

  t.equal(yarn.applications.filter(({ name }) => name === 'check-me').length, 0)
  const attempts = await readdir(join(String(variables.DATA_DIR), 'attempts'))
  t.equal(attempts.length, 1, 'of the one that was started')
  t.notOk(changes.some(({ what }) => what.includes('check')))
})

t.test('without a ResourceManager the check still answers', async (t) => {
  const { post } = await startExecutor(t, { YARN_RM_URL: 'http://127.0.0.1:1' })
  const config = GOOD.replace('env {', 'env {\n  spark.yarn.queue = "nope"')
  const answer = (await post(PATH, {
    engine: 'spark',
    taskName: 'away',
    config
  })) as unknown as Check
  t.match(answer, { http: 200, ok: true })
  const codes = answer.findings.map(({ severity, code }) => `${severity} ${code}`)
  t.same(codes.sort(), ['info NAME_NOT_ASKED', 'info QUEUE_NOT_ASKED'])
})

t.test('what the check refuses is refused at the start, too, with its place', async (t) => {
  const { post, writeConfig, yarn } = await startExecutor(t)
  await writeConfig('typo.conf', GOOD.replace('Console', 'Consol'))
  const body = { configFile: 'typo.conf', taskName: 'typo' }
  t.match(await post('/executor/start/spark', body), {
    statusCode: 150,
    data: /line 9, column 3: sink has no plugin Consol/
  })
  t.match(await post('/executor/v2/jobs', { engine: 'spark', ...body }), { http: 422 })
  t.equal(yarn.applications.length, 0)
})
