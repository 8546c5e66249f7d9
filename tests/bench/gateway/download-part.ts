import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { BenchContext, Part } from '../benchmark.ts'
import { megabytes } from '../figures.ts'
import { judged, type RatioGoal } from './goals.ts'
import { type Measured, measureRounds, peaks } from './measure.ts'
import { profileGateway } from './profile.ts'
import { ratio, times } from './ratios.ts'
import { startChecked } from './request-part.ts'
import { COMPARED_IN_BULK, type RunningServer, type ServerName } from './servers.ts'
import { makeSurroundings, type Surroundings } from './surroundings.ts'
import { table } from './table.ts'

const FULL = { bytes: 1024 ** 3, rounds: 5 }
const QUICK = { bytes: 256 * 1024 ** 2, rounds: 3, latestBeginMs: 43_000 }
const QUICK_SERVERS: readonly ServerName[] = ['gateway', 'nginxAuth']
const GOALS: readonly RatioGoal[] = [{ peer: 'nginxAuth', least: 0.8 }]

const CLIENT = join(import.meta.dirname, 'download-client.mjs')
/** What has not come by then is given up; it makes the cell invalid. */
const LIMIT_MS = 30_000

const answer = z.object({ status: z.number(), bytes: z.number(), ms: z.number() })

/** One large answer to one client. */
export const downloads: Part = { name: 'download', run }

async function run(context: BenchContext) {
  const { quick, print } = context
  const { bytes, rounds } = quick ? QUICK : FULL
  const surroundings = await makeSurroundings(context, { downloadBytes: bytes })
  const names = quick ? QUICK_SERVERS : COMPARED_IN_BULK
  const servers = await startChecked(names, surroundings)
  print(surroundings.placement.text)
  // The first one brings the file into memory.
  for (const server of servers) await download(surroundings, server, bytes)
  const limits = { rounds, ...(quick && { latestBegin: QUICK.latestBeginMs }) }
  const cells = await measureRounds(servers, limits, (server) =>
    download(surroundings, server, bytes)
  )
  print(`GET of ${bytes / 1024 ** 2} MiB, one client, ${rounds} rounds, medians (least–most)`)
  for (const line of table({
    cells,
    peaks: peaks(servers),
    rate: { title: 'MB/s', text: (rate) => (rate / 1e6).toFixed(0) },
    cpuTitle: 'CPU/MB'
  })) {
    print(line)
  }
  const goals = judged('download', cells, GOALS)
  const profile =
    goals.some(({ met }) => !met) && !quick
      ? await profileGateway(context, surroundings, 'download', async (server) => {
          for (let at = 0; at < 2; at += 1) await download(surroundings, server, bytes)
        })
      : undefined
  return {
    lines: profile?.lines ?? [],
    summary: `download of ${megabytes(bytes)}: ${times(ratio(cells, 'gateway', 'nginxAuth').median)} x nginx+auth_request`,
    goals,
    figures: {
      placement: surroundings.placement.text,
      cells,
      peakBytes: peaks(servers),
      profile
    }
  }
}

async function download(
  { tools, placement, tokens }: Surroundings,
  { url }: RunningServer,
  expected: number
): Promise<Measured> {
  const [token = ''] = readFileSync(tokens.file, 'utf8').split('\n')
  const { hostname, port } = new URL(url)
  const path = '/executor/files/download'
  const parameters = [process.execPath, CLIENT, hostname, port, path, token, String(LIMIT_MS)]
  const [program = '', ...rest] =
    tools.taskset !== null && placement.load !== null
      ? [tools.taskset, '-c', placement.load, ...parameters]
      : parameters
  const { stdout } = await promisify(execFile)(program, rest)
  const { status, bytes, ms } = answer.parse(JSON.parse(stdout))
  const isWhole = status === 200 && bytes === expected
  return {
    perSecond: bytes / (ms / 1000),
    p50: ms,
    p99: ms,
    units: bytes / 1e6,
    ...(!isWhole && { invalid: `${status}, ${bytes} of ${expected} bytes` })
  }
}
