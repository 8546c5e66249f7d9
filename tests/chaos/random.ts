/** Every choice of a run comes from one of these: the same seed makes the same choices, as far as processes allow. */
export interface Random {
  /** In [0, 1). */
  next: () => number
  /** A whole number, both ends included. */
  between: (least: number, most: number) => number
  /** True with this probability. */
  chance: (probability: number) => boolean
  pick: <T>(from: readonly [T, ...T[]]) => T
  /** Another one that depends on this one's seed and the name alone, so that what runs side by side does not mix. */
  fork: (name: string) => Random
}

/** mulberry32 (public domain, Tommy Ettinger). */
export function createRandom(seed: string): Random {
  let state = hash(seed)
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    between,
    chance: (probability) => next() < probability,
    pick: (from) => from[between(0, from.length - 1)] ?? from[0],
    fork: (name) => createRandom(`${seed}/${name}`)
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193)
  return value
}
