import { answersProblems } from '@scheduler-task/envelope/problem'
import type { FastifyRequest } from 'fastify'
import { LeaseLost, StoreUnavailable } from '../domain/job-store.ts'
import { leaseMissing, storeFailed, storeRefused } from '../errors.ts'

/** The error as it is told to the caller of a route: what the store cannot do now is no fault of ours. */
export function toldOfStore(error: unknown, { url, routeOptions }: FastifyRequest): unknown {
  if (error instanceof LeaseLost) return leaseMissing()
  if (!(error instanceof StoreUnavailable)) return error
  const changes = routeOptions.config.change !== undefined
  return answersProblems(url) ? storeRefused(error, changes) : storeFailed(error, changes)
}
