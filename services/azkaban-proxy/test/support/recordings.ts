import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Test } from 'tap'

const FOLDER = new URL('../fixtures/recorded/', import.meta.url)

/** The form or query of the request that was recorded, and the answer's bytes. */
export type Recording = { name: string; path: string; form: URLSearchParams; answer: Buffer }

/** Stands where an HTML page of status 200 was left out. */
const LOGIN_PAGE =
  '<!DOCTYPE html>\n<html><body><form id="login-form"><input type="password" name="password"></form></body></html>'

export function recordings(): Recording[] {
  const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((one) => one.isDirectory())
  return folders.flatMap(({ name: folder }) =>
    readdirSync(new URL(`${folder}/`, FOLDER)).map((file) => {
      const bytes = readFileSync(new URL(`${folder}/${file}`, FOLDER))
      const end = bytes.indexOf('\n\n')
      const [, target = '', body = ''] = bytes.toString('utf8', 0, end).split(' ')
      const { pathname: path, searchParams } = new URL(target, 'http://azkaban.example')
      const form = new URLSearchParams([...searchParams, ...new URLSearchParams(body)])
      return { name: `${folder}/${file}`, path, form, answer: answerOf(bytes.subarray(end + 2)) }
    })
  )
}

function answerOf(answer: Buffer): Buffer {
  const text = answer.toString('latin1')
  if (!text.includes('<!-- page of ') || !text.includes('the login page -->')) return answer
  const head = text.slice(0, text.indexOf('\r\n\r\n'))
  const length = `Content-Length: ${LOGIN_PAGE.length}`
  return Buffer.from(`${head.replace(/Content-Length: \d+/, length)}\r\n\r\n${LOGIN_PAGE}`)
}

export type RecordedServer = { url: string; play: (answer: Buffer) => void }

/** Answers every request with the bytes that are played, then closes the connection. */
export async function startRecordedServer(t: Test): Promise<RecordedServer> {
  let playing: Buffer = Buffer.alloc(0)
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => socket.end(playing))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    play: (answer) => {
      playing = answer
    }
  }
}
