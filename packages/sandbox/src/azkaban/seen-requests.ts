import type { Call } from './parameters.ts'

/** A request as the stand-in has seen it. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  /** Query and form; the first value of each. */
  readonly parameters: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Epoch ms. */
  readonly at: number
  /** Of the answer, once all of it was handed to the system; absent when none was sent. */
  status?: number
  /** The fault that hit it. */
  fault?: string
}

const maxKept = 5000

export class SeenRequests {
  readonly #list: SeenRequest[] = []

  add({ method, path, parameters, request }: Call): SeenRequest {
    const names = [...new Set(parameters.keys())]
    const seen: SeenRequest = {
      method,
      path,
      parameters: Object.fromEntries(names.map((name) => [name, parameters.get(name) ?? ''])),
      headers: request.headers,
      at: Date.now()
    }
    this.#list.push(seen)
    if (this.#list.length > maxKept) this.#list.shift()
    return seen
  }

  all(): readonly SeenRequest[] {
    return this.#list
  }
}
