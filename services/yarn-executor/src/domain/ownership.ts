import { LeaseLost } from './job-store.ts'

/** Which work is done by this process, where several share it. What it says may be out of date; the store decides. */
export type Ownership = Readonly<{
  isMine: (submissionId: string) => boolean
  /** Whether this process does what one does for all: asking for the list of applications. */
  leads: () => boolean
}>

/** For a process that is alone. */
export const ALL_IS_MINE: Ownership = { isMine: () => true, leads: () => true }

/** @throws LeaseLost */
export function requireMine({ isMine }: Ownership, submissionId: string): void {
  if (!isMine(submissionId)) {
    throw new LeaseLost(`submission ${submissionId} is the work of another instance`)
  }
}
