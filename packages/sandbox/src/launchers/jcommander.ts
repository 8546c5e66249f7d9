import { readFileSync } from 'node:fs'

/** What JCommander 1.x makes of a command line, unknown options accepted (contract "Waterdrop launchers" §1.5, §1.6). */
export type ParsedCommand = {
  /** By the name of the option; the last one counts. */
  values: Map<string, string>
  flags: Set<string>
  variables: string[]
  /** What it does not know, words that follow included, in order. */
  unknown: string[]
}

/** The command line cannot be used; the message is followed by the usage. */
export class ParameterFailure extends Error {
  override readonly name = 'ParameterFailure'
}

/** `-c` and so on to the option's name. `variable` may come several times, and its value holds several by comma. */
export type Parameters = { values: Record<string, string>; flags: Record<string, string> }

/** @throws ParameterFailure */
export function parseCommand(args: string[], { values, flags }: Parameters): ParsedCommand {
  const words = args.flatMap(expanded)
  const command: ParsedCommand = {
    values: new Map(),
    flags: new Set(),
    variables: [],
    unknown: []
  }
  for (let at = 0; at < words.length; at++) {
    const word = trimmed(words[at] ?? '')
    const option = Object.hasOwn(values, word) ? values[word] : undefined
    const flag = Object.hasOwn(flags, word) ? flags[word] : undefined
    if (flag !== undefined) command.flags.add(flag)
    else if (option === undefined) command.unknown.push(word)
    else {
      const value = words[++at]
      if (value === undefined)
        throw new ParameterFailure(`Expected a value after parameter ${word}`)
      if (option === 'variable') command.variables.push(...separated(trimmed(value)))
      else command.values.set(option, trimmed(value))
    }
  }
  return command
}

/** A word that starts with `@` is the name of a file with further words, one a line. */
function expanded(word: string): string[] {
  if (!word.startsWith('@')) return [word]
  try {
    const lines = readFileSync(word.slice(1), 'utf8').split('\n')
    return lines.filter((line) => line !== '' && !line.trim().startsWith('#'))
  } catch {
    throw new ParameterFailure(`Could not read file ${word.slice(1)}`)
  }
}

function trimmed(word: string): string {
  const text = word.trim()
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}

/** By comma, but not inside quotes or brackets. */
function separated(text: string): string[] {
  const parts = ['']
  let depth = 0
  let quote = ''
  for (const char of text) {
    if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (char === '[' || char === '{') depth++
    else if (char === ']' || char === '}') depth--
    if (char === ',' && depth === 0 && quote === '') parts.push('')
    else parts[parts.length - 1] += char
  }
  return parts
}
