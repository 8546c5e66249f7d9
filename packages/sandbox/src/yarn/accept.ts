import type { Format } from './answer.ts'

/** Which notation an `Accept` header asks for; undefined when neither will do (§1). */
export function formatFor(accept: string | undefined): Format | undefined {
  if (accept === undefined || accept.trim() === '') return 'json'
  const ranges = accept.split(',').map(range)
  const json = quality(ranges, ['application/json', 'application/*', '*/*'])
  const xml = quality(ranges, ['application/xml', 'application/*', '*/*'])
  if (json <= 0 && xml <= 0) return undefined
  return json >= xml ? 'json' : 'xml'
}

interface Range {
  readonly type: string
  readonly q: number
}

function range(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const q = parameters.find((one) => one.startsWith('q='))?.slice(2)
  return { type, q: q === undefined ? 1 : Number(q) || 0 }
}

/** The value of the most particular range that is there. */
function quality(ranges: readonly Range[], types: readonly string[]): number {
  for (const type of types) {
    const found = ranges.find((one) => one.type === type)
    if (found) return found.q
  }
  return 0
}
