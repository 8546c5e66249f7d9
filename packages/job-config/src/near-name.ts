const MAX_LENGTH = 80
const MAX_FORMS = 10_000

/**
 * The known name that was probably meant: the same but for case and separators, or one slip of the keyboard away (two
 * in a long name). Undefined when a name is not near, or looks like a name of its own: `Kafka2`, `MyKafka`.
 */
export function nearName(name: string, known: Iterable<string>): string | undefined {
  if (name.length < 3 || name.length > MAX_LENGTH) return undefined
  const wanted = formOf(name)
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    if (candidate === name || candidate.length > MAX_LENGTH) continue
    const other = knownFormOf(candidate)
    const allowed = slipsAllowed(Math.min(wanted.plain.length, other.plain.length))
    if (Math.abs(other.plain.length - wanted.plain.length) > allowed) continue
    if (wanted.digits !== other.digits) continue
    const distance = slips(wanted.plain, other.plain, allowed)
    if (distance > allowed || distance >= bestDistance) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

/** What of a name is compared. */
type Form = Readonly<{ plain: string; digits: string }>

/** The known names are the same ones in every check. */
const forms = new Map<string, Form>()

function knownFormOf(name: string): Form {
  let form = forms.get(name)
  if (!form) {
    form = formOf(name)
    if (forms.size === MAX_FORMS) forms.clear()
    forms.set(name, form)
  }
  return form
}

function formOf(name: string): Form {
  const plain = name.toLowerCase().replace(/[-_.\s]/g, '')
  return { plain, digits: plain.replace(/\D/g, '') }
}

function slipsAllowed(length: number): number {
  if (length < 3) return 0
  return length < 8 ? 1 : 2
}

/** Letters left out, put in, changed or swapped with the next one (optimal string alignment); gives up above `limit`. */
export function slips(one: string, other: string, limit: number): number {
  if (one === other) return 0
  let before: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i++) {
    const row = [i]
    let least = i
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1]
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1))
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        cost = Math.min(cost, at(before, j - 2) + 1)
      }
      row.push(cost)
      least = Math.min(least, cost)
    }
    if (least > limit) return least
    before = last
    last = row
  }
  return at(last, other.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
