export type FoundApplicationId = Readonly<{ applicationId: string; confirmed: boolean }>

const LONGEST_LINE = 1000
/** The texts of YarnClientImpl, Spark's Client and Flink's YarnClusterDescriptor (yarn.md §9.2–9.4), at the line's end. */
const SUBMISSION =
  /Submitt(ed|ing) application(?: master)? (application_\d{1,19}_\d{4,19})(?: to ResourceManager)?\s*$/
/** What a logger prints in front of its message: a level, or the logger's name, then a separator. */
const LOGGED_BEFORE =
  /(?:\bINFO\b|(?:YarnClientImpl|YarnClusterDescriptor|\bClient))[^"'|]{0,200}?[:\-\]>]\s*$/

/**
 * The application id that a line of launcher output tells of. `confirmed`: the RM has accepted it; else the line was
 * written before the request, and the RM may never hear of the id. An id in any other line says nothing: `Uploading
 * resource` names ids that are never submitted, and a job's own rows stand between the launcher's lines. A line that
 * looks logged can still be user data; only the tag proves an application.
 */
export function applicationIdIn(line: string): FoundApplicationId | undefined {
  if (line.length > LONGEST_LINE) return undefined
  const found = SUBMISSION.exec(line)
  if (!found) return undefined
  const before = line.slice(0, found.index)
  if (before !== '' && !LOGGED_BEFORE.test(before)) return undefined
  return { applicationId: found[2] as string, confirmed: found[1] === 'ed' }
}

/** Lets each line pass once: the first unconfirmed id, then the first confirmed one, then nothing. */
export function createApplicationIdScan(): {
  see(line: string): FoundApplicationId | undefined
  readonly done: boolean
} {
  let told: 'nothing' | 'unconfirmed' | 'confirmed' = 'nothing'
  return {
    get done() {
      return told === 'confirmed'
    },
    see(line) {
      if (told === 'confirmed') return undefined
      const found = applicationIdIn(line)
      if (!found || (told === 'unconfirmed' && !found.confirmed)) return undefined
      told = found.confirmed ? 'confirmed' : 'unconfirmed'
      return found
    }
  }
}
