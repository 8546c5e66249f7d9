import t from 'tap'
import { parseContainerLogsUrl } from '../src/container-logs-address.ts'

const CONTAINER = 'container_1700000000000_0042_01_000001'

t.test('node, container and owner from an application’s report', (t) => {
  const page = (id: string) => `http://nm1.example:8042/node/containerlogs/${id}/alice`
  t.strictSame(parseContainerLogsUrl(page(CONTAINER)), {
    nodeManager: 'http://nm1.example:8042',
    containerId: CONTAINER,
    user: 'alice'
  })
  const recovered = CONTAINER.replace('container_', 'container_e17_')
  t.match(parseContainerLogsUrl(page(recovered)), { containerId: recovered })
  t.match(
    parseContainerLogsUrl(`https://nm1:8044/node/containerlogs/${CONTAINER}/%E6%9D%8E/stdout/`),
    { nodeManager: 'https://nm1:8044', user: '李' }
  )
  t.match(parseContainerLogsUrl(`http://nm1/node/containerlogs/${CONTAINER}/a%zz`), {
    user: 'a%zz'
  })
  t.end()
})

t.test('anything else is none', (t) => {
  const bad = [
    '',
    'nm1:8042',
    `//nm1:8042/node/containerlogs/${CONTAINER}/alice`,
    `file:///node/containerlogs/${CONTAINER}/alice`,
    `http://jhs:19888/jobhistory/logs/nm1:45454/${CONTAINER}/${CONTAINER}/alice`,
    `http://nm1:8042/node/containerlogs/${CONTAINER}`,
    'http://nm1:8042/node/containerlogs/../../../etc/passwd/alice',
    'http://nm1:8042/node/containerlogs/container_x/alice'
  ]
  for (const text of bad) t.equal(parseContainerLogsUrl(text), undefined, text)
  t.end()
})
