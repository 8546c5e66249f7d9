import t from 'tap'
import { clientOf } from '../support/client.ts'
import { startRecordedServer } from '../support/recordings.ts'

const FLOW = { project: 'test', flow: 'test' }
const NONSENSE = { reason: 'NONSENSE', message: /AZKABAN_URL may lead elsewhere/ }

function answer(head: string, body: string): Buffer {
  return Buffer.from(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
}

t.test('an object that is not empty does not say that nothing runs', async (t) => {
  const server = await startRecordedServer(t)
  const session = clientOf(t, server.url).session('s')
  server.play(answer('200 OK', '{ }'))
  t.same((await session.running(FLOW)).execIds, [])
  for (const body of ['{"hello":"world"}', '{ "project" : "test" }', '{"execIds":null}']) {
    server.play(answer('200 OK', body))
    await t.rejects(session.running(FLOW), NONSENSE, body)
  }
})

t.test('a redirect to the same page, or to the start page, is no lost session', async (t) => {
  const server = await startRecordedServer(t)
  const azkaban = clientOf(t, server.url)
  for (const location of ['https://azkaban.example/executor', `${server.url}/index`, '/index']) {
    server.play(answer(`302 Found\r\nLocation: ${location}`, ''))
    await t.rejects(azkaban.session('s').execution(1), NONSENSE, location)
    await t.rejects(azkaban.ping(), NONSENSE, 'and no Azkaban that could be asked')
  }
  server.play(answer('302 Found\r\nLocation: https://login.example/authorize', ''))
  await t.rejects(azkaban.session('s').execution(1), { message: /does not know the session/ })
})
