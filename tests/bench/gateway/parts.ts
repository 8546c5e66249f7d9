import type { Part } from '../benchmark.ts'
import { type Cell, ratio, times } from './ratios.ts'
import { type Level, requestPart } from './request-part.ts'
import { COMPARED, COMPARED_IN_BULK } from './servers.ts'
import { LARGE_BYTES, SMALL_BYTES, UPLOAD_BYTES } from './surroundings.ts'
import type { Load } from './wrk.ts'

const ROUNDS = 5

export const SMALL: Load = {
  name: `GET of ${SMALL_BYTES} bytes`,
  method: 'GET',
  path: '/executor/small',
  bodyBytes: 0,
  answerBytes: SMALL_BYTES
}

/** A small answer: what a gateway costs. */
export const smallRequests = requestPart('small', {
  load: SMALL,
  servers: COMPARED,
  levels: levels(1).with(0, { connections: 50, seconds: 4, rounds: ROUNDS }),
  quick: {
    level: { connections: 50, seconds: 1, rounds: 5 },
    servers: ['gateway', 'nginxAuth', 'nginxCached', 'httpProxy', 'expressTuned'],
    latestBeginMs: 26_000
  },
  goals: [
    { peer: 'nginxAuth', least: 1.3 },
    { peer: 'nginxCached', least: 0.95 },
    { peer: 'httpProxy', least: 1.3 },
    { peer: 'expressTuned', least: 5 },
    { peer: 'nginxAuth', mostP99: 1 }
  ],
  summary: besideNginx('small')
})

/** Answers of some size; without a goal. */
export const largeAnswers: Part = {
  ...requestPart('large', {
    load: {
      name: `GET of ${LARGE_BYTES / 1024} KiB`,
      method: 'GET',
      path: '/executor/files/large',
      bodyBytes: 0,
      answerBytes: LARGE_BYTES
    },
    servers: COMPARED_IN_BULK,
    levels: levels(1),
    quick: {
      level: { connections: 50, seconds: 1, rounds: 3 },
      servers: ['gateway', 'nginxAuth'],
      latestBeginMs: 40_000
    },
    goals: [],
    summary: besideNginx('64 KiB')
  }),
  onlyFull: true
}

/** Requests of some size. */
export const uploads = requestPart('upload', {
  load: {
    name: `POST of ${UPLOAD_BYTES / 1024} KiB`,
    method: 'POST',
    path: '/executor/upload',
    bodyBytes: UPLOAD_BYTES,
    answerBytes: 0
  },
  servers: COMPARED_IN_BULK,
  levels: levels(1),
  quick: {
    level: { connections: 50, seconds: 1, rounds: 2 },
    servers: ['gateway', 'nginxAuth'],
    latestBeginMs: 38_000
  },
  goals: [{ peer: 'nginxAuth', least: 0.9 }],
  summary: besideNginx('upload')
})

function levels(seconds: number): Level[] {
  return [50, 1, 500].map((connections) => ({ connections, seconds, rounds: ROUNDS }))
}

function besideNginx(what: string): (cells: readonly Cell[]) => string {
  return (cells) =>
    `${what}: ${times(ratio(cells, 'gateway', 'nginxAuth').median)} x nginx+auth_request`
}
