import t from 'tap'
import { KNOWN_CAUSES } from '../../../src/domain/diagnosis/causes/known-causes.ts'
import {
  type DiagnosisCase,
  diagnosisCases,
  diagnosisOf,
  recordedCase
} from '../../support/diagnosis-cases.ts'

const FAILED = { state: 'FAILED', outcome: 'FAILED' } as const
const REJECTED = { state: 'REJECTED', outcome: 'FAILED' } as const
const WELL = { state: 'FINISHED', finalStatus: 'SUCCEEDED', outcome: 'SUCCEEDED' } as const
const ENDED = { state: 'FINISHED', finalStatus: 'SUCCEEDED', outcome: 'FAILED' } as const

/** Runs of launchers that other tests use as well, and what is to be found in them. */
const RECORDED: readonly DiagnosisCase[] = (
  [
    ['wd-noconf', 'CONFIG_NOT_READ', REJECTED, 1],
    ['spark-cluster-bad-queue', 'UNKNOWN_QUEUE', FAILED, 1],
    ['flink-bad-queue', 'UNKNOWN_QUEUE', FAILED, 1],
    ['flink-missing-jar', 'JAR_MISSING', REJECTED, 1],
    ['spark-missing-file', 'FILE_MISSING', REJECTED, 1],
    ['flink-perjob-deploy-failed', 'DEPLOYMENT_FAILED', FAILED, 1],
    ['spark-cluster-fail', 'APPLICATION_FAILED', FAILED, 1],
    ['spark-client-fail', 'JOB_FAILED', ENDED, 1],
    ['spark-client-ok', null, WELL, 0],
    ['spark-cluster-ok', null, WELL, 0],
    ['spark-cluster-nowait', null, WELL, 0],
    ['flink-perjob-attached-ok', null, WELL, 0],
    ['flink-perjob-detached-ok', null, WELL, 0],
    ['wd-spark-client', null, WELL, 0],
    ['wd-spark-cluster', null, WELL, 0],
    ['wd-flink', null, WELL, 0]
  ] as const
).map(([name, code, submission, exit]) =>
  recordedCase(name, { code, origin: 'recorded', submission, exit })
)

const CASES = [...diagnosisCases(), ...RECORDED]

t.test('each fixture yields its cause first, and those that went well yield none', async (t) => {
  for (const one of CASES) {
    const { causes, summary } = diagnosisOf(one)
    t.equal(causes[0]?.code ?? null, one.about.code, `${one.name}: ${summary}`)
    t.match(summary, /^[A-Z"0-9].*[.…!)\]>'"\w]$/s, `${one.name}: a sentence: ${summary}`)
    t.notMatch(summary, /\$\d|\$x|undefined/, `${one.name}: nothing is left open: ${summary}`)
    for (const cause of causes) {
      t.ok(cause.advice.length > 10 && cause.evidence.length > 0, `${one.name}: ${cause.code}`)
    }
  }
})

t.test('without the lines that show it, a cause is not found', async (t) => {
  for (const one of CASES) {
    const { code } = one.about
    if (code === null || GENERAL.has(code)) continue
    const patterns = KNOWN_CAUSES.filter((cause) => cause.code === code)
    const sections = one.sections.map(([source, text]): readonly [string, string] => [
      source,
      source === 'scheduler'
        ? '{}'
        : text
            .split('\n')
            .filter((line) => !patterns.some(({ pattern }) => pattern.test(line)))
            .join('\n')
    ])
    t.not(diagnosisOf({ ...one, sections }).causes[0]?.code, code, `${one.name} without ${code}`)
  }
})

/** Also what is said when nothing is found. */
const GENERAL: ReadonlySet<string> = new Set(['NOT_SAID', 'KILLED_ON_YARN'])

t.test('each known cause is found first in a fixture', async (t) => {
  const shown = new Set(CASES.map(({ about }) => about.code))
  t.strictSame(
    [...new Set(KNOWN_CAUSES.map(({ code }) => code))].filter((code) => !shown.has(code)),
    []
  )
})

t.test('a job that runs, or went well, has no cause whatever its log says', async (t) => {
  for (const one of CASES) {
    const sections = one.sections.filter(([source]) => source.includes('/'))
    for (const submission of [WELL, { state: 'RUNNING', yarnState: 'RUNNING' } as const]) {
      const { application: _, ...about } = one.about
      t.strictSame(diagnosisOf({ ...one, sections, about: { ...about, submission } }).causes, [])
    }
  }
})

t.test('where a fixture is from is said', async (t) => {
  for (const { name, about } of CASES) {
    t.match(about.origin, /^(?:recorded|reproduced|from the program’s text)/, name)
  }
})

t.test('a Python program in cluster mode: what it threw, from its driver’s log', async (t) => {
  const found = CASES.find(({ name }) => name === 'spark-python-fails-cluster')
  const diagnosis = diagnosisOf(found as DiagnosisCase)
  t.equal(
    diagnosis.summary,
    'The job failed with a Python exception: ValueError: no such customer: 42'
  )
  const evidence = diagnosis.causes[0]?.evidence ?? []
  t.match(evidence[0], { source: /^am\/.*\/stdout$/, text: /^Traceback/ })
  t.match(evidence.at(-1), { text: 'ValueError: no such customer: 42' })
})
