/** Tokens remembered at most. */
const MOST_TOKENS = 10_000
/** A longer token is good all the same, only not remembered: what strangers put in must not decide about memory. */
const MOST_CHARACTERS = 2048

export type TokenCacheOptions = { mostTokens?: number; mostCharacters?: number }

/** What was found out about tokens, each under the whole of its text. */
export type TokenCache<Value> = {
  get(token: string): Value | undefined
  set(token: string, value: Value): void
  delete(token: string): void
}

/**
 * Bounded by two generations: when the younger is full it becomes the older one, and what was older and not asked for
 * since is forgotten. Only what has been verified belongs in it; a token that differs in one character is another one.
 */
export function createTokenCache<Value>({
  mostTokens = MOST_TOKENS,
  mostCharacters = MOST_CHARACTERS
}: TokenCacheOptions = {}): TokenCache<Value> {
  const mostOfAGeneration = Math.max(1, Math.floor(mostTokens / 2))
  let younger = new Map<string, Value>()
  let older = new Map<string, Value>()

  function keep(token: string, value: Value): void {
    if (younger.size >= mostOfAGeneration) {
      older = younger
      younger = new Map()
    }
    younger.set(token, value)
  }

  return {
    get(token) {
      const value = younger.get(token)
      if (value !== undefined) return value
      const old = older.get(token)
      if (old !== undefined) {
        older.delete(token)
        keep(token, old)
      }
      return old
    },
    set(token, value) {
      if (token.length > mostCharacters) return
      older.delete(token)
      // A copy: the text may be a part of a whole Cookie header, which would be kept with it.
      keep(Buffer.from(token, 'latin1').toString('latin1'), value)
    },
    delete(token) {
      younger.delete(token)
      older.delete(token)
    }
  }
}
