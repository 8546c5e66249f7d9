import { until } from '@scheduler-task/test-support/until'
import { request } from 'undici'
import type { ServiceProcess } from '../../support/service-process.ts'

/** A request as a service's log tells it. */
export type LoggedRequest = { reqId: string; method: string; url: string; status: number }

/** All requests that a service has answered so far, by its log. */
export async function requestsOf(service: ServiceProcess): Promise<LoggedRequest[]> {
  await everythingLogged(service)
  return service
    .output()
    .split('\n')
    .filter((line) => line.includes('"msg":"request"'))
    .map((line) => JSON.parse(line) as LoggedRequest)
}

let marks = 0

/** A log is written behind the answers: once a request sent now is in it, all before are. */
async function everythingLogged(service: ServiceProcess): Promise<void> {
  marks += 1
  const mark = `mark-${process.pid}-${marks}`
  const headers = { 'x-request-id': mark }
  await (await request(`${service.url}/nothing-here`, { headers })).body.dump()
  await until(`${mark} is in the log`, () => service.output().includes(mark))
}
