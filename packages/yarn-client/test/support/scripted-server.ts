import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { type Recording, recording } from './recordings.ts'

export interface Asked {
  method: string
  /** Path and query as they came. */
  url: string
  headers: IncomingMessage['headers']
  body: string
}

export type Answerer = (response: ServerResponse, asked: Asked) => void

export interface ScriptedServer {
  /** `http://127.0.0.1:port` */
  url: string
  /** Every call, oldest first. */
  asked: Asked[]
  /** How it answers from now on. */
  answer: Answerer
  /** Connections opened so far. */
  connections: number
  /** Answers that the client left before they were whole. */
  abandoned: number
  stop: () => Promise<void>
}

/** A real HTTP server on a free port that answers as told. Ends with the test. */
export async function scripted(t: Test, answer: Answerer): Promise<ScriptedServer> {
  const http = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = '', url = '', headers } = request
    const asked = { method, url, headers, body: Buffer.concat(chunks).toString() }
    server.asked.push(asked)
    response.on('close', () => {
      if (!response.writableFinished) server.abandoned += 1
    })
    server.answer(response, asked)
  })
  http.on('connection', () => {
    server.connections += 1
  })
  await once(http.listen(0, '127.0.0.1'), 'listening')
  const { port } = http.address() as AddressInfo
  const stop = async () => {
    http.closeAllConnections()
    if (http.listening) await new Promise((resolve) => http.close(resolve))
  }
  const server: ScriptedServer = {
    url: `http://127.0.0.1:${port}`,
    asked: [],
    answer,
    connections: 0,
    abandoned: 0,
    stop
  }
  t.teardown(stop)
  return server
}

/** Answers as recorded. The body was de-chunked, and names of hosts changed, in the recording. */
export function replay(name: string, change: Partial<Recording> = {}): Answerer {
  const { status, headers, body } = { ...recording(name), ...change }
  const kept = headers.filter(([key]) => !/^(content-length|transfer-encoding)$/i.test(key))
  return (response) => {
    response.writeHead(status, [...kept, ['Content-Length', String(body.length)]].flat())
    response.end(body)
  }
}

export function say(status: number, body: string, headers: Record<string, string> = {}): Answerer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json;charset=utf-8', ...headers })
    response.end(body)
  }
}

/** One answer after the other; the last one stays. */
export function inTurn(...answers: Answerer[]): Answerer {
  let turn = 0
  return (response, asked) => {
    answers[Math.min(turn++, answers.length - 1)]?.(response, asked)
  }
}

export const RM_PATH = '/ws/v1/cluster'

/** By path below the cluster's, without the query; anything else is a 404 page. */
export function byPath(answers: Record<string, Answerer>): Answerer {
  return (response, asked) => {
    const path = asked.url.split('?')[0]?.replace(RM_PATH, '') ?? ''
    const answer = answers[`${asked.method} ${path}`] ?? replay('3.3.6/unknown-path-404')
    answer(response, asked)
  }
}

/** An address on which nothing listens. */
export async function deadUrl(t: Test): Promise<string> {
  const server = await scripted(t, () => {})
  await server.stop()
  return server.url
}
