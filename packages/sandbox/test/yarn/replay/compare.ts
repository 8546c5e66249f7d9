import { parseTree, type Tree } from './json-tree.ts'
import type { HeaderList, RecordedAnswer } from './recording.ts'

/**
 * How an answer differs from the recorded one; empty when it is the same up to times and usage
 * counters. Ids, hosts, texts, header names and their order must be equal.
 */
export function differences(recorded: RecordedAnswer, actual: RecordedAnswer): string[] {
  const found: string[] = []
  expectEqual('status', recorded.status, actual.status, found)
  expectEqual('reason', recorded.reason, actual.reason, found)
  compareHeaders(recorded.headers, actual, found)
  const type = recorded.headers.find(([name]) => name === 'Content-Type')?.[1] ?? ''
  if (type.includes('json') && recorded.body.startsWith('{')) {
    compareJson(recorded.body, actual.body, found)
  } else {
    expectEqual('body', text(recorded.body), text(actual.body), found)
  }
  return found
}

function compareHeaders(recorded: HeaderList, actual: RecordedAnswer, found: string[]): void {
  const names = (list: HeaderList) => list.map(([name]) => name).join(', ')
  expectEqual('header names', names(recorded), names(actual.headers), found)
  for (const [at, [name, value]] of recorded.entries()) {
    const now = actual.headers[at]?.[1] ?? ''
    if (name === 'Content-Length') {
      expectEqual(name, String(Buffer.byteLength(actual.body)), now, found)
    } else {
      expectEqual(name, headerShape(name, value), headerShape(name, now), found)
    }
  }
}

function headerShape(name: string, value: string): string {
  if (name === 'Date' || name === 'Expires') {
    return value.replace(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/, '<http date>')
  }
  if (name === 'Set-Cookie') return value.replace(/&e=\d{13}&s=[\w+/=]+"/, '&e=<time>&s=<sign>"')
  if (name === 'Refresh') return value.replace(/^\d{1,2};/, '<seconds>;')
  return value
}

function compareJson(recorded: string, actual: string, found: string[]): void {
  try {
    compareTrees(parseTree(recorded), parseTree(actual), [], found)
  } catch (error) {
    found.push(`body: ${String(error)}`)
  }
}

function compareTrees(a: Tree, b: Tree, path: readonly string[], found: string[]): void {
  const at = path.join('.')
  if (a.kind !== b.kind) {
    found.push(`${at}: ${a.kind} became ${b.kind}`)
  } else if (a.kind === 'object' && b.kind === 'object') {
    const keys = (tree: typeof a) => tree.members.map(([key]) => key).join(',')
    expectEqual(`${at} keys`, keys(a), keys(b), found)
    for (const [index, [key, one]] of a.members.entries()) {
      const other = b.members[index]
      if (other?.[0] === key) compareTrees(one, other[1], [...path, key], found)
    }
  } else if (a.kind === 'array' && b.kind === 'array') {
    expectEqual(`${at} length`, a.items.length, b.items.length, found)
    const [left, right] = [ordered(a.items, path), ordered(b.items, path)]
    for (const [index, one] of left.entries()) {
      const other = right[index]
      if (other) compareTrees(one, other, [...path, String(index)], found)
    }
  } else if ('text' in a && 'text' in b) {
    expectEqual(at, scalarShape(a.text, path), scalarShape(b.text, path), found)
  }
}

/** A directory has no order: files are compared by name. */
function ordered(items: readonly Tree[], path: readonly string[]): readonly Tree[] {
  const last = path.at(-1)
  if (last !== 'containerLogInfo' && last !== 'containerLogFiles') return items
  const sizeless = items.map((item) => (isGenerated(nameOf(item)) ? withoutSize(item) : item))
  return sizeless.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))
}

/** Files that the NodeManager writes for its own use; only their presence matters. */
function isGenerated(file: string): boolean {
  return file === 'launch_container.sh' || file === 'directory.info'
}

function withoutSize(tree: Tree): Tree {
  if (tree.kind !== 'object') return tree
  const members = tree.members.map(([key, one]): readonly [string, Tree] => [
    key,
    key === 'fileSize' && 'text' in one
      ? { ...one, text: one.text.replace(/^\d+$/, '<size>') }
      : one
  ])
  return { kind: 'object', members }
}

function nameOf(tree: Tree): string {
  if (tree.kind === 'object') {
    const name = tree.members.find(([key]) => key === 'fileName')?.[1]
    return name && 'text' in name ? name.text : ''
  }
  return 'text' in tree ? tree.text : ''
}

/** Moments and durations: only whether they are set. */
const times = new Set([
  'startedTime',
  'launchTime',
  'finishedTime',
  'startTime',
  'lastrun',
  'lastHealthUpdate',
  'lastNodeUpdateTime',
  'nmStartupTime'
])

/** Usage over time and load of the machine: any number that is not negative. */
const counters = new Set([
  'elapsedTime',
  'memorySeconds',
  'vcoreSeconds',
  'memUtilization',
  'cpuUtilization',
  'nodePhysicalMemoryMB',
  'nodeVirtualMemoryMB',
  'nodeCPUUsage',
  'aggregatedContainersPhysicalMemoryMB',
  'aggregatedContainersVirtualMemoryMB',
  'containersCPUUsage',
  'utilizedMBPercent',
  'utilizedVirtualCoresPercent'
])

/** Whether a value may differ at all; the mutation test leaves these alone. */
export function isLoose(path: readonly string[]): boolean {
  const last = path.at(-1) ?? ''
  return (
    times.has(last) || counters.has(last) || isSecondsEntry(path) || last === 'lastModifiedTime'
  )
}

function scalarShape(value: string, path: readonly string[]): string {
  const last = path.at(-1) ?? ''
  if (times.has(last)) return value.replace(/^[1-9]\d*$/, '<set>')
  if (counters.has(last)) return value.replace(/^\d+(\.\d+)?$/, '<counter>')
  if (isSecondsEntry(path)) return value.replace(/^\d+$/, '<counter>')
  return text(value)
}

function isSecondsEntry(path: readonly string[]): boolean {
  return path.at(-1) === 'value' && path.at(-3) === 'resourceSecondsMap'
}

/** A text without its dates, the server's stack frames and rulers as wide as a scrubbed host name. */
function text(value: string): string {
  return value
    .replaceAll(/\w{3} \w{3} \d\d \d\d:\d\d:\d\d \+0000 \d{4}/g, '<date>')
    .replaceAll(
      /(<fileName>(?:launch_container.sh|directory.info)<\/fileName><fileSize>)\d+/g,
      '$1<size>'
    )
    .replaceAll(/^\tat .*\n/gm, '')
    .replaceAll(/^={60,80}$/gm, '<ruler>')
    .replaceAll(/WebServlet-[0-9a-f]{8}/g, 'WebServlet-<hash>')
    .replaceAll(/Will retry in next \d{1,2} seconds/g, 'Will retry in next <n> seconds')
}

function expectEqual(what: string, wanted: unknown, got: unknown, found: string[]): void {
  if (wanted !== got) found.push(`${what}: wanted ${show(wanted)}, got ${show(got)}`)
}

function show(value: unknown): string {
  const shown = JSON.stringify(value)
  return shown.length > 300 ? `${shown.slice(0, 300)}…` : shown
}
