/** The order in which a `java.util.HashMap` (JDK 8 and later) iterates over these keys. */
export function hashOrder(keys: readonly string[]): string[] {
  let capacity = 16
  while (keys.length > capacity * 0.75) capacity *= 2
  const bucket = (key: string) => {
    const hash = hashCode(key)
    return ((hash ^ (hash >>> 16)) >>> 0) & (capacity - 1)
  }
  return keys.toSorted((a, b) => bucket(a) - bucket(b))
}

/** `String.hashCode`. */
export function hashCode(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return hash
}
