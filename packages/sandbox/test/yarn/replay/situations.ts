import type { SandboxYarn, YarnOptions } from '../../../src/yarn/yarn.ts'
import type { Recording } from './recording.ts'
import { type RecordedApp, recreate } from './recreate.ts'

/** How the stand-in comes into the situation of a recording. */
export interface Situation {
  readonly options?: YarnOptions
  /** Returns request headers to replace. */
  readonly prepare?: (
    yarn: SandboxYarn,
    recording: Recording
  ) => undefined | Promise<Record<string, string>>
}

const nothing: Situation = {}

/** The applications that the recorded body tells of. */
const shown: Situation = {
  prepare(yarn, recording) {
    const body = JSON.parse(recording.answer.body)
    const apps: RecordedApp[] = body.app ? [body.app] : body.apps.app
    for (const app of apps) recreate(yarn, app)
    return undefined
  }
}

const inFair = (situation: Situation): Situation => ({
  ...situation,
  options: { ...situation.options, scheduler: 'fair', queues: ['root.default', 'root.etl.nightly'] }
})

/** One application that has ended, of another queue, tag, name and owner than any request names. */
const oneEnded: Situation = {
  prepare(yarn) {
    const id = yarn.submit({ name: 'other', queue: 'etl', tags: ['other'], user: 'carol' })
    yarn.advance(id, 'FINISHED')
    return undefined
  }
}

const finished: Situation = {
  prepare(yarn, recording) {
    yarn.advance(yarn.submit({ id: idOf(recording) }), 'FINISHED')
    return undefined
  }
}

const killed: Situation = {
  prepare(yarn, recording) {
    const id = yarn.submit({ id: idOf(recording) })
    yarn.advance(id, 'RUNNING')
    yarn.advance(id, 'KILLED')
    return undefined
  }
}

const posted = (yarn: SandboxYarn, recording: Recording) => {
  const common = { name: 'posted-a', tags: ['posted-a'], priority: -1, nodeLabelExpression: '' }
  const id = yarn.submit({ ...common, id: idOf(recording), resource: { memory: 256, vCores: 1 } })
  yarn.advance(id, 'ACCEPTED')
  return id
}

/** The cluster with `yarn.acl.enable`, where alice's application waits for its AM to register. */
const guarded: Situation = {
  options: { acl: true, timing: { killingMs: 0, finalSavingMs: 60_000 } },
  prepare(yarn, recording) {
    posted(yarn, recording)
    return undefined
  }
}

const running: Situation = {
  prepare(yarn, recording) {
    const id = yarn.submit({ id: idOf(recording), resource: { memory: 1024, vCores: 1 } })
    yarn.advance(id, 'RUNNING', { executors: 1 })
    return undefined
  }
}

const standby: Situation = {
  prepare(yarn) {
    yarn.setRole('standby', 'http://rm1.example:8088')
    return undefined
  }
}

const noActive: Situation = {
  prepare(yarn) {
    yarn.setRole('noActive')
    return undefined
  }
}

/** After the active one was killed: the same application, another clusterId, no NodeManager. */
const takenOver: Situation = {
  options: { nodes: 0, timing: { killingMs: 60_000 } },
  prepare(yarn, recording) {
    yarn.setRole('active')
    const app = recording.answer.body.startsWith('{"app"')
      ? JSON.parse(recording.answer.body).app
      : undefined
    if (app) recreate(yarn, app)
    else if (recording.target.includes('application_')) {
      yarn.advance(yarn.submit({ id: idOf(recording) }), 'ACCEPTED', { stage: 'scheduled' })
    }
    yarn.failover({ timestamp: failoverTime })
    return undefined
  }
}

const failoverTime = 1_795_347_497_875

/** The AM container of a Spark application, with the recorded file. */
const logged = (ended: boolean): Situation => ({
  prepare(yarn, recording) {
    const id = yarn.submit({ id: idOf(recording) })
    yarn.advance(id, 'RUNNING')
    const file = /LogType:(\S+)\n/.exec(recording.answer.body)?.[1]
    if (file && !file.startsWith('prelaunch')) yarn.log(id, file, contentOf(recording))
    if (ended) yarn.advance(id, 'KILLED')
    return undefined
  }
})

/** A directory whose files have the recorded names and sizes. */
const listed = (ended: boolean): Situation => ({
  prepare(yarn, recording) {
    const type = recording.name.includes('flink') ? 'Apache Flink' : 'SPARK'
    const id = yarn.submit({ id: idOf(recording), type })
    yarn.advance(id, 'RUNNING')
    const written = [/launch_container\.sh/, /directory\.info/, /prelaunch\./]
    const sizes = recording.answer.body.matchAll(
      /fileName(?:":"|>)([\w.]+).*?fileSize(?:":"|>)(\d+)/g
    )
    for (const [, file = '', size] of sizes) {
      if (!written.some((one) => one.test(file))) yarn.log(id, file, 'x'.repeat(Number(size)))
    }
    if (ended) yarn.advance(id, 'KILLED')
    return undefined
  }
})

/** The whole file of which the recording shows the start, the end or all. */
function contentOf(recording: Recording): string {
  const [, head = ''] = recording.answer.body.split('LogContents:\n')
  const shown = head.split(/End of LogType:/)[0] ?? ''
  const whole = Number(/LogLength:(\d+)/.exec(recording.answer.body)?.[1] ?? 0)
  const filler = 'x'.repeat(whole - Buffer.byteLength(shown))
  return recording.target.includes('size=-') ? filler + shown : shown + filler
}

export function idOf(recording: Recording): string {
  const place = `${recording.target} ${recording.answer.body}`
  const [, stem = ''] = /_(\d+_\d{4,})/.exec(place) ?? []
  return `application_${stem}`
}

/** Every recording that is replayed, with its situation. */
export const situations: Readonly<Record<string, Situation>> = {
  'accept-bad': nothing,
  'accept-none': nothing,
  'accept-xml': nothing,
  'acl-app-seen-anonymous': guarded,
  'acl-app-seen-by-bob': guarded,
  'acl-appattempts-bob': guarded,
  'acl-nm-logs-alice': guarded,
  'acl-nm-logs-bob': guarded,
  'acl-state-get-bob': guarded,
  'app-accepted': shown,
  'app-accepted-flink': shown,
  'app-accepted-posted': shown,
  'app-failed': shown,
  'app-failed-bad-queue': shown,
  'app-finished': shown,
  'app-finished-failed': shown,
  'app-finished-failed-flink': shown,
  'app-finished-failed-seatunnel-flink': shown,
  'app-finished-flink': shown,
  'app-finished-flink-application': shown,
  'app-finished-seatunnel-flink': shown,
  'app-finishing': shown,
  'app-killed': shown,
  'app-killed-by-rpc': shown,
  'app-killed-flink': shown,
  'app-killed-posted': shown,
  'app-malformed-400': nothing,
  'app-noprefix-400': nothing,
  'app-running-flink': shown,
  'app-running-spark': shown,
  'app-spark-client-accepted': shown,
  'app-spark-client-finished': shown,
  'app-spark-client-running': shown,
  'app-unknown-404': nothing,
  'app-unpadded': shown,
  appattempts: finished,
  'appattempts-bad-queue': {
    prepare(yarn, recording) {
      yarn.advance(yarn.submit({ id: idOf(recording), queue: 'nope' }), 'FAILED')
      return undefined
    }
  },
  'appattempts-running': running,
  'appattempts-unknown-404': nothing,
  'apps-empty': nothing,
  'apps-list': shown,
  appstatistics: {
    prepare(yarn) {
      for (let at = 0; at < 4; at++) yarn.advance(yarn.submit({}), 'FINISHED')
      yarn.advance(yarn.submit({}), 'FAILED')
      return undefined
    }
  },
  'attempt-containers-after-kill': killed,
  'attempt-containers-finished': finished,
  'attempt-containers-running': running,
  'containerlogs-accept-json': logged(false),
  'containerlogs-after-end': logged(true),
  'containerlogs-bad-id': nothing,
  'containerlogs-emptyfile': logged(false),
  'containerlogs-flink-list': listed(false),
  'containerlogs-format-bad': logged(false),
  'containerlogs-format-octet': logged(false),
  'containerlogs-list': listed(false),
  'containerlogs-list-after-end': listed(true),
  'containerlogs-list-xml': listed(false),
  'containerlogs-prelaunch-out': logged(false),
  'containerlogs-size-bad': logged(false),
  'containerlogs-stderr-head': logged(false),
  'containerlogs-stderr-size0': logged(false),
  'containerlogs-stderr-tail': logged(false),
  'containerlogs-stdout-old': logged(false),
  'containerlogs-traversal': logged(false),
  'containerlogs-unknown-container': logged(false),
  'containerlogs-unknown-file': logged(false),
  'cookie-bob-beats-user-alice': {
    ...guarded,
    async prepare(yarn, recording) {
      posted(yarn, recording)
      const response = await fetch(`${yarn.url}/ws/v1/cluster/info?user.name=bob`)
      await response.arrayBuffer()
      return { Cookie: (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '' }
    }
  },
  'doas-bob-403': guarded,
  'fair-app-accepted': inFair(shown),
  'fair-app-killed': inFair(shown),
  'fair-app-running': inFair(shown),
  'filter-begin-after-end-400': oneEnded,
  'filter-deselects-bad-400': oneEnded,
  'filter-deselects-bad-no-match': oneEnded,
  'filter-finalstatus-lower': oneEnded,
  'filter-finalstatus-lower-empty': oneEnded,
  'filter-limit-0-400': oneEnded,
  'filter-limit-text-400': oneEnded,
  'filter-name': shown,
  'filter-queue-full': oneEnded,
  'filter-queue-leaf': shown,
  'filter-queue-unknown': oneEnded,
  'filter-started-text-400': oneEnded,
  'filter-states-bad-400': oneEnded,
  'filter-states-lower': shown,
  'filter-tags-empty-value': shown,
  'filter-tags-none': oneEnded,
  'filter-tags-or': shown,
  'filter-tags-upper': shown,
  'filter-types': shown,
  'filter-user-bob': oneEnded,
  'ha-after-failover-app': takenOver,
  'ha-after-failover-info': takenOver,
  'ha-after-failover-put': takenOver,
  'ha-after-failover-state': takenOver,
  'ha-kill-poll': {
    prepare(yarn, recording) {
      yarn.setRole('active')
      return killed.prepare?.(yarn, recording)
    }
  },
  'ha-noactive-apps-307': noActive,
  'ha-noactive-put': noActive,
  'ha-noactive-refresh': noActive,
  'ha-noactive-refresh-big': noActive,
  'ha-noactive-refresh-nan': noActive,
  'ha-standby-app-307': standby,
  'ha-standby-apps-307': standby,
  'ha-standby-info': standby,
  'ha-standby-info-slash': standby,
  'ha-standby-isactive': standby,
  'ha-standby-put-307': standby,
  info: nothing,
  isactive: nothing,
  metrics: nothing,
  'metrics-running': inFair({
    prepare(yarn) {
      const id = yarn.submit({ queue: 'root.default', resource: { memory: 1024, vCores: 1 } })
      yarn.advance(id, 'RUNNING', { executors: 1 })
      return undefined
    }
  }),
  'nm-apps': running,
  'nm-container': running,
  'nm-container-after-end': killed,
  'nm-containers': running,
  'nm-info': nothing,
  nodes: nothing,
  'nodes-bad-state-400': nothing,
  'nodes-empty': nothing,
  'nodes-running': running,
  'post-state': finished,
  'scheduler-capacity': nothing,
  'scheduler-fair-queue-unknown': inFair(oneEnded),
  'state-finished': finished,
  'state-malformed-400': nothing,
  'state-put-200': killed,
  'state-put-200-finished': finished,
  'state-put-200-killed': killed,
  'state-put-200-same': finished,
  'state-put-202': guarded,
  'state-put-403': guarded,
  'state-put-403-anonymous': guarded,
  'state-put-bad-target-400': finished,
  'state-put-empty-body': finished,
  'state-put-empty-object': finished,
  'state-put-extra-member': finished,
  'state-put-lowercase-400': finished,
  'state-put-malformed-id-400': nothing,
  'state-put-malformed-json': finished,
  'state-put-no-content-type': finished,
  'state-put-no-user': finished,
  'state-put-null-body': finished,
  'state-put-text-plain': finished,
  'state-put-unknown-404': nothing,
  'state-put-wrapped': finished,
  'state-unknown-404': nothing,
  'unknown-path-404': nothing,
  'unknown-path-root-404': nothing
}

/** Recordings that are not replayed, and why. */
export const leftOut: Readonly<Record<string, string>> = {
  'containerlogs-flink-jobmanager-log-tail':
    'scrubbing made its 2000 bytes 2004; containerlogs-stderr-tail is the same call',
  'scheduler-fair':
    'the fair shares of a busy cluster are a scheduler of their own; its shape is tested apart',
  'scheduler-fair-running': 'as scheduler-fair'
}
