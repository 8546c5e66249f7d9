import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { loginBusy } from '../errors.ts'

/** N = 2^14, r = 8, p = 5: one of OWASP's equals, chosen for its 16 MiB of memory a password. */
const COST = { N: 16_384, r: 8, p: 5 } as const
const KEY_BYTES = 32
const SALT_BYTES = 16
const MOST_AT_ONCE = 2
const MOST_WAITING = 64

/** `scrypt$N$r$p$salt$key`, the last two in base64url. */
const FORM =
  /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]{8,128})\$([A-Za-z0-9_-]{22,128})$/

export type PasswordHashing = {
  hash(password: string): Promise<string>
  /**
   * Compares in constant time. Without a hash (an unknown user) it takes as long and answers false.
   * @throws Refusal 503 when too many are waiting already
   */
  matches(password: string, hash: string | undefined): Promise<boolean>
}

/** scrypt, at most two at once: each takes memory and a thread of the pool that also serves the disk. */
export function createPasswordHashing(): PasswordHashing {
  const inTurn = createTurns()
  const unknownUser = `scrypt$${COST.N}$${COST.r}$${COST.p}$${'A'.repeat(22)}$${'A'.repeat(43)}`
  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES)
      const key = await inTurn(() => derive(password, salt, KEY_BYTES, COST))
      return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64url')}$${key.toString('base64url')}`
    },
    async matches(password, hash) {
      const [, N, r, p, salt = '', key = ''] = FORM.exec(hash ?? unknownUser) ?? []
      if (!N) throw new Error('a password hash in the users file is not of the form scrypt$N$r$p$…')
      const wanted = Buffer.from(key, 'base64url')
      const cost = { N: Number(N), r: Number(r), p: Number(p) }
      const given = await inTurn(() =>
        derive(password, Buffer.from(salt, 'base64url'), wanted.length, cost)
      )
      return timingSafeEqual(given, wanted) && hash !== undefined
    }
  }
}

function derive(
  password: string,
  salt: Buffer,
  length: number,
  cost: ScryptOptions
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // One password, one form: the same letters may be typed composed or not.
    scrypt(password.normalize('NFKC'), salt, length, cost, (error, key) =>
      error ? reject(error) : resolve(key)
    )
  })
}

/** Runs tasks a few at a time, in order; refuses when the line is full. */
function createTurns(): <Result>(task: () => Promise<Result>) => Promise<Result> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (task) => {
    if (running >= MOST_AT_ONCE) {
      if (waiting.length >= MOST_WAITING) throw loginBusy()
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else {
      running += 1
    }
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
