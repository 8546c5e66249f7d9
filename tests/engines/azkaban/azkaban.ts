import { openAsBlob } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { runCommand } from '../run-command.ts'
import { azkabanAccount } from './configuration.ts'

const session = z.object({ status: z.literal('success'), 'session.id': z.string() })
const created = z.object({ status: z.literal('success') })
const uploaded = z.object({ projectId: z.string(), version: z.string() })
const execution = z.object({ status: z.string() })
const sourceFiles = ['test.job', 'submit.sh', 'endless.conf']

/** Azkaban asked directly, without any code of the product in between. */
export class Azkaban {
  readonly #url: string
  readonly #session: string

  private constructor(url: string, sessionId: string) {
    this.#url = url
    this.#session = sessionId
  }

  static async logIn(url: string): Promise<Azkaban> {
    const { name, password } = azkabanAccount
    const form = new URLSearchParams({ action: 'login', username: name, password })
    return new Azkaban(url, session.parse(await post(url, form))['session.id'])
  }

  /**
   * Makes project `test` with its flow `test` and job `test`, which submits an endless Spark job.
   *
   * @param scratch a directory for the archive
   */
  async createTestProject(python: string, scratch: string): Promise<void> {
    const description = 'An endless Spark job'
    const create = { action: 'create', name: 'test', description, 'session.id': this.#session }
    created.parse(await post(`${this.#url}/manager`, new URLSearchParams(create)))
    const archive = join(scratch, 'test.zip')
    const sources = sourceFiles.map((file) => join(import.meta.dirname, 'project', file))
    await runCommand(python, ['-m', 'zipfile', '-c', archive, ...sources])
    const form = new FormData()
    form.set('session.id', this.#session)
    form.set('ajax', 'upload')
    form.set('project', 'test')
    form.set('file', await openAsBlob(archive, { type: 'application/zip' }), 'test.zip')
    uploaded.parse(await post(`${this.#url}/manager`, form))
    await rm(archive)
  }

  /** The status of an execution. */
  async status(execId: number): Promise<string> {
    const form = { ajax: 'fetchexecflow', execid: String(execId), 'session.id': this.#session }
    return execution.parse(await post(`${this.#url}/executor`, new URLSearchParams(form))).status
  }
}

/** Whether its web server and its executor answer. Throws while they do not listen. */
export async function azkabanAnswers(webUrl: string, executorPort: number): Promise<boolean> {
  const executor = `http://127.0.0.1:${executorPort}/executor?action=ping`
  const answers = await Promise.all(
    [webUrl, executor].map((url) => fetch(url, { signal: AbortSignal.timeout(10_000) }))
  )
  await Promise.all(answers.map((answer) => answer.text()))
  return answers.every((answer) => answer.ok)
}

async function post(url: string, body: URLSearchParams | FormData): Promise<unknown> {
  const answer = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(30_000) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`Azkaban answered ${answer.status} ${answer.statusText}`)
  return JSON.parse(text)
}
