import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { BenchContext } from '../benchmark.ts'
import { type RunningServer, startGateway } from './servers.ts'
import type { Surroundings } from './surroundings.ts'

const MOST_FUNCTIONS = 10

/** What is needed of a .cpuprofile (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile). */
const cpuProfile = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() })
    })
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number())
})

export type CpuProfile = z.output<typeof cpuProfile>

/** A function by its name and place, and its own share (0–1) of the time in which the process was not idle. */
export type SelfTime = Readonly<{ name: string; share: number }>

/**
 * The functions that the most time was spent in, not counting those that they called. `fromMs`: what was before this
 * moment of the profile does not count.
 */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile, fromMs = 0): SelfTime[] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const name = functionName || '(anonymous)'
      return [id, url ? `${name} ${shortened(url)}:${lineNumber + 1}` : name]
    })
  )
  const spent = new Map<string, number>()
  let total = 0
  let atUs = 0
  samples.forEach((id, at) => {
    const name = names.get(id) ?? ''
    const us = Math.max(0, timeDeltas[at] ?? 0)
    atUs += us
    if (name === '(idle)' || name === '(root)' || atUs < fromMs * 1000) return
    total += us
    spent.set(name, (spent.get(name) ?? 0) + us)
  })
  return [...spent]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_FUNCTIONS)
    .map(([name, us]) => ({ name, share: us / total }))
}

/** The end of a path: `undici/lib/core/request.js`. */
function shortened(url: string): string {
  return url
    .replace(/^.*\/node_modules\//, '')
    .replace(/^file:\/\/.*\/((?:[^/]+\/){2}[^/]+)$/, '$1')
}

/**
 * Runs the gateway once more under the load of a goal that it has missed, with Node's profiler; the profile stays beside
 * the JSON file. Answers lines that tell where the time went.
 */
export async function profileGateway(
  { kept, directory }: BenchContext,
  { settings }: Surroundings,
  partName: string,
  loadIt: (server: RunningServer) => Promise<unknown>
): Promise<{ file: string; lines: string[]; functions: SelfTime[] }> {
  const folder = join(directory, 'profiles')
  mkdirSync(folder)
  const nodeOptions = ['--cpu-prof', `--cpu-prof-dir=${folder}`]
  const began = performance.now()
  const server = await startGateway(settings, { nodeOptions })
  // What starting took is of no interest, nor what it takes until all is compiled.
  await loadIt(server)
  const fromMs = performance.now() - began
  await loadIt(server)
  await server.end()
  // A primary process has one too; it has less to tell.
  const [largest] = readdirSync(folder)
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).size - statSync(a).size)
  if (!largest) throw new Error('the gateway has left no profile')
  const file = kept(`bench-gateway-${partName}.cpuprofile`)
  copyFileSync(largest, file)
  const functions = selfTimes(cpuProfile.parse(JSON.parse(readFileSync(largest, 'utf8'))), fromMs)
  const lines = functions.map(({ name, share }) => `  ${(share * 100).toFixed(1)} % ${name}`)
  return { file, functions, lines: [`profile: ${file}, most of it in`, ...lines] }
}
