import { type SandboxYarn, startYarn } from '../../../src/yarn/yarn.ts'
import { exchange } from './exchange.ts'
import { type RecordedAnswer, type Recording, readRecording } from './recording.ts'
import { situations } from './situations.ts'

export interface Replayed {
  readonly recording: Recording
  readonly actual: RecordedAnswer
}

/** Brings a fresh stand-in into the situation of a recording and sends the recorded request. */
export async function replay(name: string): Promise<Replayed> {
  const recording = readRecording(name)
  const { options, prepare } = situations[name] ?? {}
  let now = Date.parse(recording.answer.headers.find(([key]) => key === 'Date')?.[1] ?? '') || 1e12
  const yarn = await startYarn({
    clock: () => now++,
    clusterTimestamp: timestampOf(recording),
    webAddress: 'rm.example:8088',
    nodeHttpAddress: 'nm1.example:8042',
    ...options
  })
  try {
    const headers = await prepare?.(yarn, recording)
    return { recording, actual: await exchange(baseOf(yarn, recording), recording, headers) }
  } finally {
    await yarn.close()
  }
}

function baseOf(yarn: SandboxYarn, recording: Recording): string {
  const host = recording.headers.find(([name]) => name === 'Host')?.[1] ?? ''
  return host.startsWith('nm') ? yarn.nodeManagerUrl : yarn.url
}

function timestampOf(recording: Recording): number {
  const { body } = recording.answer
  const found =
    /"startedOn":(\d+)/.exec(body)?.[1] ??
    /<startedOn>(\d+)/.exec(body)?.[1] ??
    /"clusterId":(\d+)/.exec(body)?.[1] ??
    /_(\d{13})_/.exec(recording.target)?.[1]
  return Number(found ?? 1_795_346_064_118)
}
