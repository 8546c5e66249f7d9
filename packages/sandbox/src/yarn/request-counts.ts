/** How often each kind of call has reached the ResourceManager; the control interface does not count. */
export class RequestCounts {
  readonly #counts = new Map<string, number>()

  add(method: string, path: string): void {
    const kind = `${method} ${path.replace(/application_\d+_\d+/g, '{id}')}`
    // Whoever asks for anything at all must not fill the memory.
    const key = this.#counts.has(kind) || this.#counts.size < maxKinds ? kind : 'others'
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  /** By method and path, an application's id in it as `{id}`. */
  all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }
}

const maxKinds = 200
