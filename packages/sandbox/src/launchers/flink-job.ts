import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { waterdropTemplate } from './waterdrop-home.ts'

const run = promisify(execFile)
const TIMEOUT_MS = 120_000

/** Main class of the jar that `compileFlinkJob` makes. */
export const flinkJobClass = 'WaterdropFlink'

/**
 * Compiles the Flink job of the home with `javac` and `jar` from the PATH, against Flink's own jars.
 * @param options.jar where the jar is to be
 * @throws Error with the compiler's output
 */
export async function compileFlinkJob(options: {
  flinkHome: string
  jar: string
  signal?: AbortSignal
}): Promise<void> {
  const { flinkHome, jar, signal } = options
  const limits = { timeout: TIMEOUT_MS, ...(signal && { signal }) }
  const classes = await mkdtemp(join(tmpdir(), 'flink-job-'))
  try {
    const source = join(waterdropTemplate, 'jobs/WaterdropFlink.java')
    await run('javac', ['-cp', join(flinkHome, 'lib/*'), '-d', classes, source], limits)
    await mkdir(dirname(jar), { recursive: true })
    await run('jar', ['cf', jar, '-C', classes, '.'], limits)
  } finally {
    await rm(classes, { recursive: true, force: true })
  }
}
