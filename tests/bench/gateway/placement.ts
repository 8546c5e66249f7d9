import { readFileSync } from 'node:fs'

/** Which cores (as `taskset -c` takes them) each side gets; `null` where nothing is pinned. */
export type Placement = Readonly<{
  /** What is measured: the gateway, or a peer with all that belongs to it. */
  measured: string | null
  origin: string | null
  load: string | null
  redis: string | null
  text: string
}>

/**
 * What is measured on cores of its own (one, or `count`), the rest on the others, each on one of its own
 * where there are enough.
 */
export function placementOn(cores: readonly number[], pinned: boolean, count = 1): Placement {
  const nowhere = { measured: null, origin: null, load: null, redis: null }
  if (!pinned) {
    return { ...nowhere, text: 'nothing is pinned to a core: there is no taskset here' }
  }
  if (cores.length <= count) {
    const text = `nothing is pinned to a core: there is only ${cores.length}`
    return { ...nowhere, text: `${text}, so that everything takes from everything` }
  }
  const measured = cores.slice(0, count).join(',')
  const [first, ...others] = cores.slice(count).map(String)
  const origin = first ?? ''
  const load = others[0] ?? origin
  const redis = others[1] ?? load
  return {
    measured,
    origin,
    load,
    redis,
    text: `measured (nginx with its checker) on core ${measured}, origin on ${origin}, wrk on ${load}, Redis on ${redis}`
  }
}

/** The cores that this process may use. */
export function allowedCores(): number[] {
  const status = readFileSync('/proc/self/status', 'utf8')
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '0'
  return list.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, at) => from + at)
  })
}
