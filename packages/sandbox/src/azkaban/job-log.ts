/** Bytes of one block, and where it begins. */
export interface LogBlock {
  readonly offset: number
  readonly bytes: Buffer
}

/** The log of one attempt of a job: the newest file and what its rotations kept (§4.3). */
export class JobLog {
  readonly #maxBytes: number
  readonly #maxBackups: number
  #parts: Buffer[] = []
  #size = 0
  #backups: Buffer[] = []

  /** @param maxBytes the file rotates when it has grown to this size */
  constructor(maxBytes: number, maxBackups: number) {
    this.#maxBytes = maxBytes
    this.#maxBackups = maxBackups
  }

  get totalBytes(): number {
    return this.#backups.reduce((sum, one) => sum + one.length, this.#size)
  }

  append(text: string | Buffer): void {
    const bytes = Buffer.from(text)
    this.#parts.push(bytes)
    this.#size += bytes.length
    if (this.#size < this.#maxBytes) return
    if (this.#maxBackups > 0) this.#backups.push(this.#current())
    while (this.#backups.length > this.#maxBackups) this.#backups.shift()
    this.#parts = []
    this.#size = 0
  }

  /** Has only that text, as if it had never had another. */
  rewrite(text: string | Buffer): void {
    this.purge()
    this.append(text)
  }

  /** Forgets everything, as the retention of old logs does. */
  purge(): void {
    this.#backups = []
    this.#parts = []
    this.#size = 0
  }

  /** From the newest file, as the executor reads it. */
  readLive(offset: number, length: number): LogBlock {
    const block = this.#current().subarray(offset, offset + length)
    return trimmed(offset, block)
  }

  /** From all kept files, oldest first, as the database holds them. */
  readStored(offset: number, length: number): LogBlock {
    const end = (offset + length) | 0
    const whole = this.#backups.length === 0 ? this.#current() : this.#joined()
    if (end <= 0 || end < offset || offset >= whole.length)
      return { offset, bytes: Buffer.alloc(0) }
    return trimmed(offset, whole.subarray(Math.max(0, offset), end))
  }

  #current(): Buffer {
    const [only] = this.#parts
    if (this.#parts.length === 1 && only) return only
    const joined = Buffer.concat(this.#parts)
    this.#parts = [joined]
    return joined
  }

  #joined(): Buffer {
    return Buffer.concat([...this.#backups, this.#current()])
  }
}

/** Cut to whole UTF-8 characters; a block that holds none is left as it is (§4.1). */
function trimmed(offset: number, block: Buffer): LogBlock {
  if (block.length === 0) return { offset, bytes: block }
  const start = startOfCharacter(block)
  const end = endOfCharacter(block)
  return { offset: offset + start, bytes: block.subarray(start, end + 1) }
}

function startOfCharacter(block: Buffer): number {
  const found = block.subarray(0, 6).findIndex((byte) => byte < 0x80 || byte >= 0xc0)
  return Math.max(0, found)
}

/** Index of the last byte of the last whole character. */
function endOfCharacter(block: Buffer): number {
  const last = block.length - 1
  for (let at = last; at > last - 11 && at >= 0; at--) {
    const byte = block[at] ?? 0
    if (byte < 0x80) return at
    const following = byte < 0xc0 ? undefined : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
    if (following !== undefined && last - at >= following) return at + following
  }
  return last
}
