/** No other state follows. */
export function isFinalState(state: string | undefined): boolean {
  return state === 'FINISHED' || state === 'FAILED' || state === 'KILLED'
}
