/**
 * The same function, which gives the result of the text before once more while that is still in memory: the way of a
 * check or a start reads its config several times in a row.
 */
export function rememberLast<T extends object>(read: (text: string) => T): (text: string) => T {
  let last: { text: string; result: WeakRef<T> } | undefined
  return (text) => {
    const known = last?.text === text ? last.result.deref() : undefined
    if (known) return known
    const result = read(text)
    last = { text, result: new WeakRef(result) }
    return result
  }
}
