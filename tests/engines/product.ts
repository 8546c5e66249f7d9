import { readFile } from 'node:fs/promises'
import { multipartFile } from '@scheduler-task/test-support/multipart'

/** The envelope of every v1 answer. */
export type Answer = { statusCode: number; message: string; data: unknown }

export type StartBody = Readonly<Record<string, string>>

/** The product as a client sees it: public HTTP, nothing else. */
export class Product {
  readonly #url: string
  readonly #token: string

  /** @param token empty where nobody asks for one (`AUTH_MODE=off`) */
  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  /** Logs in. Throws when that is refused. */
  static async logIn(url: string, username: string, password: string): Promise<Product> {
    const response = await fetch(`${url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password }),
      signal: AbortSignal.timeout(10_000)
    })
    const { data } = (await response.json()) as { data: { token: string } }
    if (typeof data?.token !== 'string') throw new Error(`No token: ${JSON.stringify(data)}`)
    return new Product(url, data.token)
  }

  async get(path: string): Promise<Answer> {
    return await this.#call('GET', path)
  }

  async post(path: string, body?: Readonly<Record<string, unknown>>): Promise<Answer> {
    if (!body) return await this.#call('POST', path)
    const headers = { 'content-type': 'application/json' }
    return await this.#call('POST', path, JSON.stringify(body), headers)
  }

  async upload(fileName: string, localFile: string): Promise<Answer> {
    const { headers, body } = multipartFile(await readFile(localFile), fileName)
    const path = `/file/upload?fileName=${encodeURIComponent(fileName)}`
    return await this.#call('POST', path, body, headers)
  }

  /** Longer than the product's own limits: a restart is a stop (60 s) and a start (120 s). */
  async #call(
    method: string,
    path: string,
    body?: string | Buffer,
    headers: Record<string, string> = {}
  ): Promise<Answer> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { ...headers, token: this.#token },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(240_000)
    })
    return (await response.json()) as Answer
  }
}
