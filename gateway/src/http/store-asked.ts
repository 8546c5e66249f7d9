import { sessionsUnavailable } from '@scheduler-task/auth/auth-errors'
import { SessionStoreUnavailable } from '@scheduler-task/auth/session-lookup'

/** @throws Refusal 503 when the store of sessions could not be asked */
export async function storeAsked<Result>(answer: Promise<Result>): Promise<Result> {
  return answer.catch((error: unknown) => {
    throw error instanceof SessionStoreUnavailable ? sessionsUnavailable(error) : error
  })
}
