/** What is to be listened on, as the configuration has it. */
export type ListenPlace = Readonly<{
  HOST: string
  PORT: number
  LISTEN_SOCKET?: string | undefined
}>

/**
 * What is wrong with a place that cannot be listened on, by the system's code for it; `undefined` for a code that is no
 * matter of configuration.
 */
export function listenProblem(
  code: unknown,
  { HOST, PORT, LISTEN_SOCKET }: ListenPlace
): string | undefined {
  const what = LISTEN_SOCKET ? `LISTEN_SOCKET: ${LISTEN_SOCKET}` : `PORT: ${PORT} at ${HOST}`
  if (code === 'EADDRINUSE') return `${what} is in use by another process`
  if (code === 'EACCES') return `${what} may not be listened on by this user`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `HOST: ${HOST} is no address of this machine`
  }
  return undefined
}
