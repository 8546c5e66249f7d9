import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Benchmark } from './benchmark.ts'
import { executorBenchmark } from './executor/executor-benchmark.ts'
import { runBenchmark } from './run-benchmark.ts'

// `npm run bench -- <name> [--quick] [--part <name>]… [--json <file>]`

const BENCHMARKS: readonly Benchmark[] = [executorBenchmark]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    part: { type: 'string', multiple: true },
    json: { type: 'string' }
  }
})

const [name] = positionals
const benchmark = BENCHMARKS.find((one) => one.name === name)
const unknown = (values.part ?? []).filter(
  (part) => !benchmark?.parts.some((one) => one.name === part)
)
if (!benchmark || unknown.length > 0 || positionals.length > 1) {
  for (const one of BENCHMARKS) {
    const parts = one.parts.map((part) => part.name).join(', ')
    console.error(
      `npm run bench -- ${one.name} [--quick] [--part <one of ${parts}>]… [--json <file>]`
    )
  }
  process.exit(2)
}
await runBenchmark(benchmark, {
  quick: values.quick,
  // npm changes the directory; a path is meant from where it was called.
  file: resolve(process.env.INIT_CWD ?? '.', values.json ?? `bench-${benchmark.name}.json`),
  ...(values.part && { parts: values.part }),
  print: (line) => console.log(line)
})
