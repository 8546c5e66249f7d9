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
  const config = `# manner: ${manner}\nenv { }\nsource { Fake { } }\ntransform { }\nsink { Console { } }\n`
  return number % 3 === 2
    ? { engine: 'flink', taskName, config }
    : { engine: 'spark', deployMode: 'cluster', taskName, config }
}
