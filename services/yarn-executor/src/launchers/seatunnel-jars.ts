import { readdir, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { type Engine, NotStarted } from '../domain/launching.ts'
import { homeOf, type Installation, MissingHome, PLAIN_PATH } from './launcher-profile.ts'
import type { SeatunnelConfig } from './seatunnel-config.ts'

/** The first that is there is taken. */
const STARTERS = {
  spark: ['seatunnel-spark-3-starter.jar', 'seatunnel-spark-2-starter.jar'],
  flink: ['seatunnel-flink-15-starter.jar', 'seatunnel-flink-13-starter.jar']
} as const satisfies Record<Engine, readonly string[]>
const MAX_MAPPING_BYTES = 1024 * 1024
const MAX_JARS = 1000

/** Where SeaTunnel is installed, by its real path, and its starter for an engine. */
export type SeatunnelInstallation = Readonly<{ home: string; starter: string }>

/** @throws MissingHome naming SEATUNNEL_HOME when it cannot be used */
export async function findSeatunnel(
  engine: Engine,
  installation: Installation
): Promise<SeatunnelInstallation> {
  const what = 'the profile seatunnel-2.3-direct runs the jars in its starter directory'
  const given = homeOf(installation, 'SEATUNNEL_HOME', what)
  const home = await realpath(given).catch(() => given)
  for (const name of STARTERS[engine]) {
    const starter = await realpath(join(home, 'starter', name)).catch(() => undefined)
    if (!starter) continue
    if (PLAIN_PATH.test(starter) && PLAIN_PATH.test(home)) return { home, starter }
    throw new MissingHome('SEATUNNEL_HOME', `${starter} has blanks or shell characters`)
  }
  throw new MissingHome(
    'SEATUNNEL_HOME',
    `there is no ${join(home, 'starter', STARTERS[engine][0])}`
  )
}

/**
 * The jars that a job needs beside the starter: all below `plugins/`, those of `lib/`, and of the connectors those that
 * `plugin-mapping.properties` names for the job's sources and sinks.
 * @throws NotStarted when a connector is not installed
 */
export async function jarsFor(
  { home }: SeatunnelInstallation,
  { plugins }: SeatunnelConfig
): Promise<readonly string[]> {
  const [own, lib, connectors, mapping] = await Promise.all([
    jarsBelow(join(home, 'plugins')),
    jarsBelow(join(home, 'lib')),
    jarsBelow(join(home, 'connectors')),
    readMapping(join(home, 'connectors', 'plugin-mapping.properties'))
  ])
  const found = new Set([...own, ...lib])
  for (const kind of ['source', 'sink'] as const) {
    for (const name of plugins[kind]) {
      const prefix = mapping.get(`seatunnel.${kind}.${name}`.toLowerCase())
      const jar = prefix && connectorJar(connectors, join(home, 'connectors', prefix))
      if (!jar) {
        throw new NotStarted(
          `the connector of ${kind} ${name} is not installed: connectors/plugin-mapping.properties of SEATUNNEL_HOME leads to no jar`
        )
      }
      found.add(jar)
    }
  }
  const jars = [...found].slice(0, MAX_JARS)
  const odd = jars.find((jar) => !PLAIN_PATH.test(jar))
  if (odd) throw new NotStarted(`SEATUNNEL_HOME: ${odd} has blanks, commas or shell characters`)
  return jars
}

/** `connector-http-2.3.4.jar` and not `connector-http-github-2.3.4.jar`, when there is one. */
function connectorJar(jars: readonly string[], prefix: string): string | undefined {
  const named = jars.filter((jar) => jar.startsWith(prefix))
  return named.find((jar) => /^-\d/.test(jar.slice(prefix.length))) ?? named[0]
}

async function jarsBelow(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true, encoding: 'utf8' }).catch(() => [])
  return names
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => join(directory, name))
}

/** Names in lower case: SeaTunnel does not tell them apart by case. */
async function readMapping(path: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const mapping = new Map<string, string>()
  for (const line of text.slice(0, MAX_MAPPING_BYTES).split(/\r?\n/)) {
    const [, name, jar] = /^\s*([\w.-]+)\s*[=:]\s*([\w.-]+)\s*$/.exec(line) ?? []
    if (name && jar) mapping.set(name.toLowerCase(), jar)
  }
  return mapping
}
