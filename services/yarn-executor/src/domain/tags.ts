import { randomBytes } from 'node:crypto'

/** Lower case, sorts by time of making: 48 bits of epoch milliseconds, 80 random bits, in hexadecimal. */
export function newId(now: number): string {
  return now.toString(16).padStart(12, '0') + randomBytes(10).toString('hex')
}

const SUBMISSION = 'st-s-'

export const installationTagOf = (installationId: string) => `st-i-${installationId}`
export const submissionTagOf = (submissionId: string) => `${SUBMISSION}${submissionId}`
export const attemptTagOf = (attemptId: string) => `st-a-${attemptId}`

/** The submission that an application's tags name, if they do. */
export function submissionIdIn(tags: readonly string[]): string | undefined {
  return tags.find((tag) => tag.startsWith(SUBMISSION))?.slice(SUBMISSION.length)
}
