// The executor as `dist/server.js` runs it, with a store and launchers that end this process at a named point: CHAOS_DIE_AT
// says which, CHAOS_DIE_NTH at which passing of it. Without them it is the plain service.

import { loadConfig } from '@scheduler-task/service-base/load-config'
import { runService } from '@scheduler-task/service-base/run-service'
import { buildApp } from '@scheduler-task/yarn-executor/app'
import { environmentWith } from '@scheduler-task/yarn-executor/config'
import { configuredLaunching } from '@scheduler-task/yarn-executor/configured-launching'
import { configuredStore } from '@scheduler-task/yarn-executor/configured-store'

const FINAL_STATES = ['FINISHED', 'FAILED', 'KILLED', 'REJECTED', 'LOST']
const { CHAOS_DIE_AT: dieAt, CHAOS_DIE_NTH: nth = '1', ...variables } = process.env
let left = Number(nth)

/** SIGKILL to itself does not return. */
function pass(point) {
  if (point !== dieAt) return
  left -= 1
  if (left > 0) return
  process.stdout.write(`died at ${point}\n`)
  process.kill(process.pid, 'SIGKILL')
}

/** Calls go through `around[name](call, ...args)` where there is one; whatever else there is stays as it is. */
function wrapped(target, around) {
  return new Proxy(target, {
    get(_, name) {
      const value = target[name]
      if (typeof value !== 'function') return value
      const call = value.bind(target)
      return around[name] ? (...args) => around[name](call, ...args) : call
    }
  })
}

async function written(call, ...args) {
  pass('before-write')
  const result = await call(...args)
  pass('after-write')
  return result
}

/** What a step into a state is called. */
function stepOf(to) {
  if (to === 'LAUNCHING') return 'launching'
  if (to === 'SUBMITTED') return 'submitted'
  if (to === 'STOPPING') return 'intent'
  return FINAL_STATES.includes(to) ? 'final' : undefined
}

const config = loadConfig(environmentWith(), variables)
const { store: opened } = await configuredStore(config)
const store = wrapped(opened, {
  accept: written,
  acceptOnce: written,
  async change(call, id, change) {
    const step = stepOf(change.to)
    pass(`before-${step}`)
    const result = await call(id, change)
    pass(`after-${step}`)
    return result
  }
})
const launching = wrapped(await configuredLaunching(config), {
  async start(call, ...args) {
    pass('before-spawn')
    const result = await call(...args)
    pass('after-spawn')
    return result
  }
})
const app = await buildApp(config, { store, launching })
app.server.prependListener('request', (request, response) => {
  if (request.method !== 'POST') return
  const end = response.end
  response.end = (...args) => {
    pass('before-answer')
    return end.apply(response, args)
  }
})
await runService(app, config)
