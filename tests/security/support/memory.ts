import { readdirSync, readFileSync } from 'node:fs'

/** Memory in use (resident, in MB) by a process and those that it has started. */
export function memoryMb(pid: number): number {
  return treeOf(pid).reduce((sum, member) => sum + residentMb(member), 0)
}

/** A process and all that it has started, directly or not. */
export function treeOf(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(/^PPid:\s+(\d+)/m.exec(statusOf(Number(name)))?.[1] ?? 0)
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const tree = [pid]
  for (const member of tree) tree.push(...(children.get(member) ?? []))
  return tree
}

/** How many files and sockets a process and those that it has started hold open. */
export function openFiles(pid: number): number {
  return treeOf(pid).reduce((sum, member) => sum + filesOf(member), 0)
}

function filesOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

function residentMb(pid: number): number {
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(statusOf(pid))?.[1] ?? 0) / 1024)
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    // It has ended since it was listed.
    return ''
  }
}
