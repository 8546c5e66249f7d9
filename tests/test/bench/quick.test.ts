import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { freshDirectory } from '../../support/fresh-directory.ts'

const TESTS = join(import.meta.dirname, '../..')

function bench(directory: string, ...parameters: string[]) {
  return spawnSync(
    process.execPath,
    [...['--import=tsx', '--conditions=@scheduler-task/source', 'bench/cli.ts'], ...parameters],
    { cwd: TESTS, env: { ...process.env, INIT_CWD: directory }, encoding: 'utf8' }
  )
}

// What it measures says nothing beside other tests, and is no matter here.
t.test('a quick run of the executor ends with one line of all its figures', async (t) => {
  const directory = freshDirectory(t)
  const { status, stdout, stderr } = bench(directory, 'executor', '--quick', '--json', 'all.json')
  t.equal(status, 0, stdout + stderr)
  const last = stdout.trimEnd().split('\n').at(-1) ?? ''
  t.match(last, /^bench executor: .*edge: .* \| .* (?:goals met|goals \(.*\)), load /)
  const all = JSON.parse(readFileSync(join(directory, 'all.json'), 'utf8')) as {
    results: Record<string, { goals: { goal: string }[] }>
    machine: { node: string }
    leftOut: string[]
  }
  t.equal(all.machine.node, process.version)
  t.strictSame([...Object.keys(all.results), ...all.leftOut].sort(), [
    'edge',
    'live',
    'overhead',
    'submissions',
    'watchers'
  ])
  const goals = Object.values(all.results).flatMap((one) => one.goals.map(({ goal }) => goal))
  // Beside other tests its time may not do for all parts.
  if (all.leftOut.length === 0) t.equal(goals.length, 11)
  // Not a figure: that would be a fault of the product whatever the load.
  t.notMatch(stdout, /MISSED none lost or doubled/)
  t.notMatch(stdout, /MISSED launchers within the limit/)
})

t.test('what there is no benchmark for is refused with what there is', async (t) => {
  for (const parameters of [[], ['nothing'], ['executor', '--part', 'nothing']]) {
    const { status, stderr } = bench(freshDirectory(t), ...parameters)
    t.equal(status, 2)
    t.match(stderr, /npm run bench -- executor \[--quick\]/)
  }
})
