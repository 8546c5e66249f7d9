import t from 'tap'
import { parseRmJson } from '../src/rm-json.ts'
import {
  applicationResponse,
  applicationsResponse,
  infoResponse,
  remoteExceptionResponse
} from '../src/rm-responses.ts'
import { recording } from './support/recordings.ts'

const body = (name: string) => parseRmJson(recording(name).body.toString())

t.test('an application of each version is read whole', (t) => {
  const read = (name: string) => applicationResponse.parse(body(name))
  t.matchOnlyStrict(read('3.3.6/app-running-spark'), {
    id: 'application_1795346064118_0003',
    user: 'alice',
    name: 'spark-cluster-ok',
    queue: 'default',
    state: 'RUNNING',
    finalStatus: 'UNDEFINED',
    progress: 0,
    trackingUI: 'ApplicationMaster',
    trackingUrl: 'http://rm.example:8088/proxy/application_1795346064118_0003/',
    diagnostics: '',
    clusterId: 1795346064118,
    applicationType: 'SPARK',
    applicationTags: ['attempt-1', 'sk-ok'],
    startedTime: Number,
    launchTime: Number,
    finishedTime: 0,
    elapsedTime: Number,
    amContainerLogs:
      'http://nm1.example:8042/node/containerlogs/container_1795346064118_0003_01_000001/alice',
    amHostHttpAddress: 'nm1.example:8042',
    amRPCAddress: /^nm1\.example:\d+$/,
    masterNodeId: 'nm1.example:45454',
    allocatedMB: Number,
    allocatedVCores: Number,
    runningContainers: Number,
    memorySeconds: Number,
    vcoreSeconds: Number,
    logAggregationStatus: 'DISABLED',
    priority: 0
  })
  t.match(read('2.10.2/app-running-spark'), { state: 'RUNNING', masterNodeId: undefined })
  t.match(read('3.4.1/app-running-spark'), { state: 'RUNNING', queue: 'root.default' })
  t.match(read('3.3.6/fair-app-running'), { queue: 'root.etl.nightly' })
  t.match(read('3.3.6/app-finishing'), { state: 'FINISHED', runningContainers: 1 })
  t.match(read('3.3.6/app-finished'), { state: 'FINISHED', runningContainers: -1 })
  t.match(read('3.3.6/app-accepted'), { state: 'ACCEPTED', trackingUrl: undefined })
  t.match(read('3.3.6/acl-app-seen-by-bob'), { startedTime: 0, amContainerLogs: undefined })
  const rejected = read('3.3.6/app-failed-bad-queue')
  t.match(rejected, { state: 'FAILED', diagnostics: /unknown queue: nope/, allocatedMB: 0 })
  t.equal(rejected.trackingUrl, undefined)
  t.end()
})

t.test('an application needs only an id and a state', (t) => {
  const { app } = { app: { id: 'application_1_1', state: 'HIBERNATING' } }
  t.match(applicationResponse.parse({ app }), { name: '', finalStatus: 'UNDEFINED', priority: 0 })
  const odd = {
    ...app,
    name: {},
    user: null,
    applicationTags: null,
    diagnostics: {},
    trackingUrl: '',
    progress: null,
    startedTime: '1700000000000',
    allocatedMB: 'many',
    finalStatus: null,
    resourceSecondsMap: { entry: { key: 'vcores', value: '2' } }
  }
  t.match(applicationResponse.parse({ app: odd }), {
    name: '',
    user: '',
    applicationTags: [],
    diagnostics: '',
    trackingUrl: undefined,
    progress: 0,
    startedTime: 1_700_000_000_000,
    allocatedMB: 0,
    finalStatus: 'UNDEFINED'
  })
  t.end()
})

t.test('an empty list is written in many ways', (t) => {
  const empty = [
    body('2.10.2/apps-empty'),
    body('3.3.6/apps-empty'),
    body('3.4.1/apps-empty'),
    { apps: null },
    { apps: {} },
    { apps: { app: null } },
    { apps: { app: [] } }
  ]
  for (const json of empty) t.strictSame(applicationsResponse.parse(json), [], JSON.stringify(json))
  const app = { id: 'application_1_1', state: 'RUNNING' }
  t.equal(applicationsResponse.parse({ apps: { app } }).length, 1)
  t.equal(applicationsResponse.parse({ apps: { app: [app] } }).length, 1)
  t.end()
})

t.test('half a list is no list', (t) => {
  const app = { id: 'application_1_1', state: 'RUNNING' }
  const bad = [
    {},
    [],
    null,
    'apps',
    { app },
    { apps: { app: [app, {}] } },
    { apps: { app: [app, null] } },
    { apps: { app: [{ ...app, id: 'application_1_1/state' }] } },
    { apps: { app: [{ ...app, state: '' }] } },
    { apps: { app: 'x' } }
  ]
  for (const json of bad) {
    t.equal(applicationsResponse.safeParse(json).success, false, JSON.stringify(json))
  }
  t.end()
})

t.test('the info of a standby and of an active one', (t) => {
  t.match(infoResponse.parse(body('3.3.6/info')), { haState: 'ACTIVE', hadoopVersion: '3.3.6' })
  t.match(infoResponse.parse(body('2.10.2/info')), { haState: 'ACTIVE', hadoopVersion: '2.10.2' })
  t.match(infoResponse.parse(body('3.3.6/ha-standby-info')), { haState: 'STANDBY' })
  t.equal(infoResponse.safeParse({ clusterInfo: null }).success, false)
  t.end()
})

t.test('a remote exception without its wrapping', (t) => {
  t.strictSame(remoteExceptionResponse.parse(body('3.3.6/app-unknown-404')), {
    exception: 'NotFoundException',
    message: 'app with id: application_1795346064118_9999 not found'
  })
  t.equal(remoteExceptionResponse.safeParse({ servlet: 'x', status: '404' }).success, false)
  t.end()
})
