import { get } from 'node:http'
import { serveCalls } from '../child-calls.ts'

// Followers of one log, many of them, in a process of their own; each comes back with the last id that it has seen.

const COME_BACK_MS = 200
const EVENT = /^id: (\d+)\ndata: .*?"text":"n=(\d+) t=(\d+)/gm

type Follower = { lastId: string | undefined; next: number; open: boolean }

const followers: Follower[] = []
const delays: { written: number; ms: number }[] = []
let url = ''
let missed = 0
let repeated = 0
let cameBack = 0

export const handlers = {
  open: async (given: { url: string; count: number }) => {
    url = given.url
    for (let at = 0; at < given.count; at += 1) {
      const follower = { lastId: undefined, next: 0, open: false }
      followers.push(follower)
      follow(follower)
      // Not all at once: that is another measurement.
      if (at % 25 === 24) await new Promise((resolve) => setTimeout(resolve, 20))
    }
  },
  /** How many streams are open, and up to which line all of them have come. */
  state: () => ({
    open: followers.filter(({ open }) => open).length,
    seen: Math.min(...followers.map(({ next }) => next))
  }),
  /** Of lines that were not written between `from` and `to` (epoch ms): while nobody served them. */
  read: ({ from, to }: { from: number; to: number }) => {
    const counted = delays.filter(({ written }) => written < from || written > to)
    const sorted = counted.map(({ ms }) => ms).toSorted((a, b) => a - b)
    const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? -1
    return {
      count: delays.length,
      p50: at(0.5),
      p99: at(0.99),
      max: at(1),
      missed,
      repeated,
      cameBack
    }
  }
}

function follow(follower: Follower): void {
  const headers = follower.lastId === undefined ? {} : { 'last-event-id': follower.lastId }
  const again = () => {
    follower.open = false
    setTimeout(() => {
      cameBack += 1
      follow(follower)
    }, COME_BACK_MS)
  }
  const call = get(url, { headers, agent: false }, (response) => {
    if (response.statusCode !== 200) {
      response.resume()
      return again()
    }
    follower.open = true
    let rest = ''
    response.setEncoding('latin1')
    response.on('data', (chunk: string) => {
      const text = rest + chunk
      const end = text.lastIndexOf('\n\n') + 1
      take(follower, text.slice(0, end))
      rest = text.slice(end)
    })
    response.on('error', () => {})
    response.once('close', again)
  })
  call.once('error', () => follower.open || again())
}

function take(follower: Follower, text: string): void {
  const now = Date.now()
  for (const [, id, number, written] of text.matchAll(EVENT)) {
    follower.lastId = id
    const at = Number(number)
    if (at > follower.next) missed += at - follower.next
    if (at < follower.next) repeated += 1
    follower.next = Math.max(follower.next, at + 1)
    delays.push({ written: Number(written), ms: now - Number(written) })
  }
}

serveCalls(handlers)
