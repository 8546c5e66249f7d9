import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { gatewayBenchmark } from '../../bench/gateway/gateway-benchmark.ts'
import { judged } from '../../bench/gateway/goals.ts'
import { placementOn } from '../../bench/gateway/placement.ts'
import { selfTimes } from '../../bench/gateway/profile.ts'
import {
  type Cell,
  figure,
  ratio,
  shuffled,
  spreadOf,
  withSpread
} from '../../bench/gateway/ratios.ts'
import type { ServerName } from '../../bench/gateway/servers.ts'
import { invalid, table } from '../../bench/gateway/table.ts'

function cell(server: ServerName, round: number, perSecond: number, more: Partial<Cell> = {}) {
  return { server, round, perSecond, p50: 1, p99: 2, cpuUs: 40, ...more }
}

// The machine is half as fast in the second round, and the peer's third one has failed.
const CELLS: readonly Cell[] = [
  cell('gateway', 1, 1500, { p99: 8 }),
  cell('nginxAuth', 1, 1000, { p99: 10 }),
  cell('nginxAuth', 2, 500, { p99: 20 }),
  cell('gateway', 2, 900, { p99: 30 }),
  cell('gateway', 3, 2000, { p99: 8 }),
  cell('nginxAuth', 3, 10_000, { invalid: '3 × status' }),
  cell('gateway', 4, 1400, { p99: 8 }),
  cell('nginxAuth', 4, 1000, { p99: 16 })
]

t.test('a spread is the middle and the ends', (t) => {
  t.strictSame(spreadOf([3, 1, 2]), { median: 2, least: 1, most: 3, rounds: 3 })
  t.equal(withSpread(spreadOf([3, 1, 2])), '2.00 (1.00–3.00)')
  t.equal(withSpread(spreadOf([])), '–')
  t.equal(spreadOf([]).rounds, 0)
  t.end()
})

t.test('a ratio is taken within each round, and not from what failed', (t) => {
  t.strictSame(ratio(CELLS, 'gateway', 'nginxAuth'), {
    median: 1.5,
    least: 1.4,
    most: 1.8,
    rounds: 3
  })
  t.strictSame(ratio(CELLS, 'gateway', 'nginxAuth', 'p99'), {
    median: 0.8,
    least: 0.5,
    most: 1.5,
    rounds: 3
  })
  t.equal(figure(CELLS, 'nginxAuth', 'perSecond').most, 1000)
  t.ok(Number.isNaN(ratio(CELLS, 'gateway', 'express').median))
  t.end()
})

t.test('goals are met, missed, or cannot be told', (t) => {
  const goals = judged('GET', CELLS, [
    { peer: 'nginxAuth', least: 1.5 },
    { peer: 'nginxAuth', least: 1.6 },
    { peer: 'nginxAuth', mostP99: 1 },
    { peer: 'nginxAuth', mostP99: 0.7 },
    { peer: 'httpProxy', least: 0 }
  ])
  t.strictSame(
    goals.map(({ met }) => met),
    [true, false, true, false, false]
  )
  t.strictSame(goals[1], {
    goal: 'GET ≥ 1.6 × nginx + auth_request',
    met: false,
    figure: '1.50 (1.40–1.80)'
  })
  t.equal(goals[2]?.goal, 'GET p99 ≤ 1 × nginx + auth_request')
  const failed = judged(
    'GET',
    [...CELLS, cell('gateway', 5, 1, { invalid: '1 × read' })],
    [{ peer: 'nginxAuth', least: 1.5 }]
  )
  t.strictSame(failed, [
    { goal: 'GET ≥ 1.5 × nginx + auth_request', met: false, figure: 'the gateway failed' }
  ])
  t.end()
})

t.test('the table has a line for each that was measured, and says what does not count', (t) => {
  const lines = table({
    cells: CELLS,
    peaks: { gateway: 90_000_000 },
    rate: { title: 'req/s', text: (rate) => rate.toFixed(0) },
    cpuTitle: 'CPU/req'
  })
  t.equal(lines.length, 4)
  t.match(lines[1], /^gateway {2,}1400 {2,}1\.0 ms {2,}8\.0 ms {2,}40 µs {2,}90 MB$/)
  t.match(lines[2], /^nginx \+ auth_request {2,}1000 {2,}1\.50 \(1\.40–1\.80\) .* –$/)
  t.strictSame(invalid(CELLS), ['  INVALID: nginx + auth_request, round 3: 3 × status'])
  t.equal(lines[3], invalid(CELLS)[0])
  t.end()
})

t.test('the last line has the four ratios, or is left out', (t) => {
  const at50 = (['gateway', 'nginxAuth', 'nginxCached', 'httpProxy'] as const).map((name, at) =>
    cell(name, 1, 1000 / (at + 1))
  )
  const small = { lines: [], summary: '', goals: [], figures: { cells: { 50: at50 } } }
  t.equal(
    gatewayBenchmark.lastLine?.({ small }),
    'gateway c=50 GET: 2.00 x nginx+auth_request, 3.00 x nginx+cached, 4.00 x http-proxy, – x express-tuned'
  )
  t.equal(gatewayBenchmark.lastLine?.({ upload: small }), undefined)
  t.end()
})

t.test('what is measured has cores of its own, as far as there are some', (t) => {
  const cores = (list: number[], count?: number) => {
    const { measured, origin, load, redis } = placementOn(list, true, count)
    return [measured, origin, load, redis]
  }
  t.strictSame(cores([0, 1]), ['0', '1', '1', '1'])
  t.strictSame(cores([2, 5, 7]), ['2', '5', '7', '7'])
  t.strictSame(cores([0, 1, 2, 3, 4]), ['0', '1', '2', '3'])
  t.strictSame(cores([0, 1, 2, 3], 2), ['0,1', '2', '3', '3'])
  t.strictSame(cores([0]), [null, null, null, null])
  t.match(placementOn([0], true).text, /nothing is pinned/)
  t.match(placementOn([0, 1], false).text, /nothing is pinned/)
  t.end()
})

t.test('a profile is told by the time that functions take themselves', (t) => {
  const node = (id: number, functionName: string, url = '', lineNumber = -1) => ({
    id,
    callFrame: { functionName, url, lineNumber }
  })
  const profile = {
    nodes: [
      node(1, '(root)'),
      node(2, '(idle)'),
      node(3, 'forward', 'file:///srv/product/gateway/dist/proxy/exchange.js', 9),
      node(
        4,
        '',
        'file:///srv/product/node_modules/.pnpm/undici@7/node_modules/undici/lib/pool.js',
        4
      ),
      node(5, 'forward', 'file:///srv/product/gateway/dist/proxy/exchange.js', 9)
    ],
    samples: [1, 2, 3, 4, 5, 2],
    timeDeltas: [50, 900, 300, 200, 500, 900]
  }
  t.strictSame(selfTimes(profile, 1.5), [{ name: 'forward dist/proxy/exchange.js:10', share: 1 }])
  t.strictSame(selfTimes(profile), [
    { name: 'forward dist/proxy/exchange.js:10', share: 0.8 },
    { name: '(anonymous) undici/lib/pool.js:5', share: 0.2 }
  ])
  t.end()
})

t.test('an order of its own each round has all of them', (t) => {
  const numbers = [0.5, 0.1, 0.9]
  t.strictSame(
    shuffled(['a', 'b', 'c'], () => numbers.shift() ?? 0),
    ['b', 'a', 'c']
  )
  t.end()
})

t.test('what cannot be asked for is told, with what can', (t) => {
  for (const [parameters, told] of [
    [['gateway', '--fast'], /Unknown option '--fast'/],
    [['gateway', '--part', 'smal'], /gateway has no part 'smal'/],
    [['gate'], /npm run bench -- gateway .*small, upload, download/]
  ] as const) {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import=tsx', '--conditions=@scheduler-task/source', 'bench/cli.ts', ...parameters],
      { cwd: join(import.meta.dirname, '../..'), encoding: 'utf8' }
    )
    t.equal(status, 2, parameters.join(' '))
    t.match(stderr, told)
    t.match(stderr, /npm run bench -- executor/)
  }
  t.end()
})
