import { join } from 'node:path'
import type { JobBody } from './executor.ts'

/** In place of Waterdrop: launchers that submit over REST, in milliseconds and without an engine. */
export const postingHome = {
  WATERDROP_HOME: join(import.meta.dirname, 'posting-home')
}

const MANNERS = ['plain', 'child', 'orphan', 'lingering'] as const

/** The launcher of one in four behaves as the best one does: see `posting-home/bin/utils/submit.sh`. */
export function postedJob(taskName: string, number: number): JobBody {
  const manner = MANNERS[number % MANNERS.length]
  const flink = number % 3 === 2
  const plugins = flink
    ? 'source { FakeSource { result_table_name = "t" } }\ntransform { }\nsink { ConsoleSink { } }'
    : 'source { Fake { result_table_name = "t" } }\ntransform { }\nsink { Console { } }'
  const config = `# manner: ${manner}\nenv { }\n${plugins}\n`
  return flink
    ? { engine: 'flink', taskName, config }
    : { engine: 'spark', deployMode: 'cluster', taskName, config }
}
