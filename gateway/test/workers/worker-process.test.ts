import { join } from 'node:path'
import t from 'tap'
import { openListeningSocket } from '../../src/workers/listening-socket.ts'
import { spawnWorker } from '../../src/workers/worker-process.ts'

const LIMIT_MS = 1500
const neverReady = join(import.meta.dirname, '../fixtures/never-ready.mjs')
const killed = { code: null, signal: 'SIGKILL', reason: `it was not ready within ${LIMIT_MS} ms` }

t.test('a worker that is not loaded in time is killed', async (t) => {
  const worker = spawnWorker(neverReady, 1, LIMIT_MS)
  t.teardown(() => worker.kill())
  t.equal(await worker.loaded, undefined)
  t.equal(await worker.ready, false)
  t.strictSame(await worker.ended, killed)
})

t.test('so is one that has the socket, and is not ready in time', async (t) => {
  const socket = await openListeningSocket({ HOST: '127.0.0.1', PORT: 0 })
  const worker = spawnWorker(neverReady, 2, LIMIT_MS)
  t.teardown(() => {
    worker.kill()
    socket.close()
  })
  t.ok(await worker.loaded)
  worker.listen(socket)
  t.equal(await worker.ready, false)
  t.strictSame(await worker.ended, killed)
})

t.test('one that does not leave is killed', async (t) => {
  const worker = spawnWorker(neverReady, 2, 60_000)
  t.teardown(() => worker.kill())
  await worker.loaded
  worker.drain(100)
  await worker.left
  t.equal((await worker.ended).signal, 'SIGKILL')
  t.equal(worker.isDismissed, true)
})

t.test('one that is silent is told, once', async (t) => {
  const worker = spawnWorker(neverReady, 2, 60_000)
  t.teardown(() => worker.kill())
  await worker.loaded
  await new Promise<void>((resolve) => worker.watch(1000, resolve))
  worker.kill()
  await worker.ended
})
