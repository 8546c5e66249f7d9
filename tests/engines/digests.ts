import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'

const digestsFile = join(import.meta.dirname, 'digests.json')
const artifact = /\.(jar|zip|whl|tar\.gz)$/

/** A fetched file that is not what the committed list says, or is not in it. */
export class WrongDigest extends Error {
  override readonly name = 'WrongDigest'
}

/** The sha256 of everything that is fetched, by file name: a version may be published again, these bytes may not. */
export class Digests {
  readonly #known: Map<string, string>
  readonly #renewing: boolean

  private constructor(known: Map<string, string>, renewing: boolean) {
    this.#known = known
    this.#renewing = renewing
  }

  /** Those that were committed: what differs is refused. */
  static async committed(): Promise<Digests> {
    const text = await readFile(digestsFile, 'utf8')
    const known = z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)).parse(JSON.parse(text))
    return new Digests(new Map(Object.entries(known)), false)
  }

  /** Takes what comes and notes it, for {@link Digests.write}. */
  static renewing(): Digests {
    return new Digests(new Map(), true)
  }

  /** What pip has to find before it looks into a file: a line of a requirements file. */
  requirement(name: string, version: string, file: string): string {
    if (this.#renewing) return `${name}==${version}\n`
    return `${name}==${version} --hash=sha256:${this.#digestOf(file)}\n`
  }

  /** Looks at each jar, archive, wheel and source package in a directory. Throws {@link WrongDigest}. */
  async check(directory: string): Promise<void> {
    for (const name of (await readdir(directory)).filter((entry) => artifact.test(entry))) {
      const found = await sha256(join(directory, name))
      if (this.#renewing) this.#known.set(name, found)
      else if (found !== this.#digestOf(name)) {
        throw new WrongDigest(`${name} has sha256 ${found}, not ${this.#digestOf(name)}`)
      }
    }
  }

  /** Makes what was noted the committed list; answers how many there are. */
  async write(): Promise<number> {
    const sorted = [...this.#known].sort(([a], [b]) => (a < b ? -1 : 1))
    await writeFile(digestsFile, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`)
    return sorted.length
  }

  #digestOf(file: string): string {
    const digest = this.#known.get(file)
    if (digest) return digest
    throw new WrongDigest(`${file} is not in digests.json: npm run engines -- digests`)
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
