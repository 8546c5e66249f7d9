import t from 'tap'
import { hasLeafQueue, queueNames, schedulerQueues } from '../src/scheduler-report.ts'
import { recording } from './support/recordings.ts'

const report = (name: string) => recording(name).body.toString()
const scheduler = (schedulerInfo: unknown) => JSON.stringify({ scheduler: { schedulerInfo } })

t.test('queues of the recorded Capacity reports', (t) => {
  for (const version of ['2.10.2', '3.3.6', '3.4.1']) {
    const queues = schedulerQueues(report(`${version}/scheduler-capacity`))
    t.strictSame(
      queues,
      [
        { path: 'root', leaf: false },
        { path: 'root.default', leaf: true },
        { path: 'root.etl', leaf: true }
      ].filter(({ path }) => queues.some((queue) => queue.path === path)),
      version
    )
    t.equal(hasLeafQueue(queues, 'default'), true)
    t.equal(hasLeafQueue(queues, 'root.default'), true)
  }
  t.end()
})

t.test('queues of the recorded Fair report', (t) => {
  t.strictSame(queueNames(report('3.3.6/scheduler-fair')).sort(), [
    'root',
    'root.default',
    'root.etl',
    'root.etl.nightly'
  ])
  t.end()
})

t.test('children of Fair stand directly in an array up to 2.7', (t) => {
  const rootQueue = {
    queueName: 'root',
    childQueues: [
      { queueName: 'root.default' },
      { queueName: 'root.a', childQueues: [{ queueName: 'root.a.b' }] }
    ]
  }
  const queues = schedulerQueues(scheduler({ type: 'fairScheduler', rootQueue }))
  t.strictSame(
    queues.map(({ path }) => path),
    ['root', 'root.default', 'root.a', 'root.a.b']
  )
  t.equal(hasLeafQueue(queues, 'b'), true)
  t.equal(hasLeafQueue(queues, 'a'), false, 'a parent takes no applications')
  t.equal(hasLeafQueue(queues, 'a.b'), false, 'neither the path nor the last segment')
  t.equal(hasLeafQueue(queues, ''), false)
  t.end()
})

t.test('nested Capacity queues, one child alone, a type in an array', (t) => {
  const leaf = { queueName: 'daily', type: ['capacitySchedulerLeafQueueInfo'] }
  const parent = { queueName: 'etl', queues: { queue: leaf } }
  const root = { type: 'capacityScheduler', queueName: 'root', queues: { queue: [parent] } }
  t.strictSame(queueNames(scheduler(root)), ['root', 'root.etl', 'root.etl.daily'])
  t.end()
})

t.test('FIFO has one queue, another scheduler none that can be read', (t) => {
  t.strictSame(queueNames(scheduler({ type: 'fifoScheduler' })), ['default'])
  for (const text of ['{}', 'null', '[]', '{"scheduler":1}', scheduler({ queues: 'x' })]) {
    t.strictSame(queueNames(text), [], text)
  }
  t.throws(() => queueNames('<html>'), SyntaxError)
  t.end()
})

t.test('deep and broad reports end', (t) => {
  const deep = `${'{"queueName":"q","queues":{"queue":'.repeat(3000)}null${'}}'.repeat(3000)}`
  t.equal(queueNames(`{"scheduler":{"schedulerInfo":${deep}}}`).length, 3000)
  const queue = Array.from({ length: 150_000 }, (_, index) => ({ queueName: `q${index}` }))
  t.equal(queueNames(scheduler({ queueName: 'root', queues: { queue } })).length, 100_000)
  t.end()
})
