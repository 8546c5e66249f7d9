/** How far a stop has come, for those who wait for it. */
export type StopProgress = {
  /** Cancels that have left for Azkaban. */
  cancels: number
  /** The kill of the application has begun. */
  killing: boolean
  /** Nobody waits any more: what was begun is brought to its end, nothing new is begun. */
  abandoned: boolean
  /** Another stop, for which somebody waits, does what is left to do. */
  superseded: boolean
  /** As last seen. */
  flowState: string | undefined
}

export function newProgress(): StopProgress {
  return { cancels: 0, killing: false, abandoned: false, superseded: false, flowState: undefined }
}

/** Something has been done that cannot be taken back. */
export function isCommitted({ cancels, killing }: StopProgress): boolean {
  return cancels > 0 || killing
}
