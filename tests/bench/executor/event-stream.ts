import { request } from 'undici'

export type JobEvent = Readonly<{ jobId: string; at: string; what: string }>

/** Follows `/executor/v2/events` until the signal; `onEvent` is called as they come. Resolves once it is connected. */
export async function followEvents(
  url: string,
  onEvent: (event: JobEvent) => void,
  signal: AbortSignal
): Promise<void> {
  const { body } = await request(`${url}/executor/v2/events`, {
    signal,
    headersTimeout: 0,
    bodyTimeout: 0
  })
  let rest = ''
  let connected = () => {}
  const first = new Promise<void>((resolve) => {
    connected = resolve
  })
  body.setEncoding('utf8')
  body.on('error', () => {})
  body.on('data', (text: string) => {
    connected()
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith('data: ')) onEvent(JSON.parse(line.slice('data: '.length)) as JobEvent)
    }
  })
  await first
}
