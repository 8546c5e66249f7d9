import { badParameter } from '../errors.ts'

/**
 * The parameters of a URL, decoded exactly once and strictly: what is not UTF-8 is refused, not guessed, since a file
 * name would come of it. A parameter that is given twice has an array as its value.
 * @throws BadParameters
 */
export function strictQuery(url: string): Record<string, string | string[]> {
  const at = url.indexOf('?')
  const parameters = new Map<string, string | string[]>()
  if (at < 0) return {}
  for (const pair of url.slice(at + 1).split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decoded(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decoded(pair.slice(equals + 1))
    const former = parameters.get(name)
    parameters.set(name, former === undefined ? value : [former, value].flat())
  }
  return Object.fromEntries(parameters)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw badParameter('', 'the query holds percent signs that do not stand for UTF-8 text')
  }
}
