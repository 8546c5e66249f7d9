import t from 'tap'
import { createResourceManager } from '../src/resource-manager.ts'
import { byPath, replay, scripted } from './support/scripted-server.ts'

t.test('the recorded lists of three versions are read', async (t) => {
  for (const version of ['2.10.2', '3.3.6', '3.4.1']) {
    const answers = { 'GET /apps': replay(`${version}/apps-list`) }
    const server = await scripted(t, byPath(answers))
    const rm = createResourceManager({ urls: [server.url], user: 'alice' })
    t.teardown(rm.close)
    const applications = await rm.applications()
    t.not(applications.length, 0)
    t.ok(applications.every(({ user }) => user === 'alice'))
    t.equal(server.asked[0]?.url, '/ws/v1/cluster/apps?deSelects=resourceRequests&user.name=alice')
  }
})
