import type { Benchmark } from '../benchmark.ts'
import { edgeMode } from './edge-mode.ts'
import { liveJobs } from './live-jobs.ts'
import { startOverhead } from './start-overhead.ts'
import { submissions } from './submissions.ts'
import { watchers } from './watchers.ts'

/** What the executor promises of its speed and size; black box but for the delays of its event loop. */
export const executorBenchmark: Benchmark = {
  name: 'executor',
  parts: [edgeMode, startOverhead, submissions, watchers, liveJobs]
}
