import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Benchmark, Interrupted, Lacking } from './benchmark.ts'
import { checkBenchmark } from './check/check-benchmark.ts'
import { executorBenchmark } from './executor/executor-benchmark.ts'
import { gatewayBenchmark } from './gateway/gateway-benchmark.ts'
import { logsBenchmark } from './logs/logs-benchmark.ts'
import { runBenchmark } from './run-benchmark.ts'

// `npm run bench -- <name> [--quick] [--part <name>]… [--json <file>]`

const BENCHMARKS: readonly Benchmark[] = [
  executorBenchmark,
  gatewayBenchmark,
  logsBenchmark,
  checkBenchmark
]

const { values, positionals } = readArguments()

const [name] = positionals
const benchmark = BENCHMARKS.find((one) => one.name === name)
if (!benchmark || positionals.length > 1) usage()
for (const part of values.part ?? []) {
  if (!benchmark.parts.some((one) => one.name === part)) usage(`${name} has no part '${part}'`)
}
try {
  await runBenchmark(benchmark, {
    quick: values.quick,
    // npm changes the directory; a path is meant from where it was called.
    file: resolve(process.env.INIT_CWD ?? '.', values.json ?? `bench-${benchmark.name}.json`),
    ...(values.part && { parts: values.part }),
    print: (line) => console.log(line)
  })
} catch (error) {
  if (error instanceof Lacking) {
    console.error(`bench ${name}: ${error.message}`)
    process.exit(2)
  }
  if (error instanceof Interrupted) process.exit(130)
  throw error
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        part: { type: 'string', multiple: true },
        json: { type: 'string' }
      }
    })
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error))
  }
}

function usage(what?: string): never {
  if (what !== undefined) console.error(what)
  for (const one of BENCHMARKS) {
    const parts = one.parts.map((part) => part.name).join(', ')
    console.error(
      `npm run bench -- ${one.name} [--quick] [--part <one of ${parts}>]… [--json <file>]`
    )
  }
  process.exit(2)
}
