import type { ResourceManager } from './resource-manager.ts'
import { createSingleFlight } from './single-flight.ts'

/**
 * The same ResourceManager, where equal reads in flight share one request. One caller's abort does
 * not end it for the others.
 *
 * A shared answer may have been asked for before the caller's own call began: good for reports to
 * users, not for proofs ("no application has this tag any more"), which want the bare one.
 */
export function shareReads(rm: ResourceManager): ResourceManager {
  const infos = createSingleFlight<Awaited<ReturnType<ResourceManager['info']>>>()
  const texts = createSingleFlight<string>()
  const reports = createSingleFlight<Awaited<ReturnType<ResourceManager['application']>>>()
  const lists = createSingleFlight<Awaited<ReturnType<ResourceManager['applications']>>>()
  return {
    info: (signal) => infos.run('info', (shared) => rm.info(shared), signal),
    schedulerText: (signal) => texts.run('scheduler', (shared) => rm.schedulerText(shared), signal),
    applicationText: (id, signal) =>
      texts.run(id, (shared) => rm.applicationText(id, shared), signal),
    application: (id, signal) => reports.run(id, (shared) => rm.application(id, shared), signal),
    applications: (filter = {}, signal) => {
      const { states, tags, name, user } = filter
      const key = JSON.stringify([states, tags, name, user])
      return lists.run(key, (shared) => rm.applications(filter, shared), signal)
    },
    attempts: rm.attempts,
    containers: rm.containers,
    kill: rm.kill,
    close: rm.close
  }
}
