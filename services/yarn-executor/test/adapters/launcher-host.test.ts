import { chmodSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { inspectHost } from '../../src/adapters/launcher-host.ts'
import { createProcessLaunching } from '../../src/adapters/process-launching.ts'

t.test('this host can run launchers', async (t) => {
  const host = await inspectHost()
  t.match(host, { sh: /\/sh$/, bash: /^\/.*bash$/, flock: /^\/.*flock$/, locale: /\.UTF-8$/ })
})

t.test('what is missing is said, with what to do', async (t) => {
  await t.rejects(inspectHost({ platform: 'darwin' }), { message: /Linux only.*this is darwin/ })
  const path = t.testdir({ flock: '#!/bin/sh\necho some other flock\n' })
  for (const program of ['sh', 'bash']) symlinkSync(`/bin/${program}`, join(path, program))
  await t.rejects(inspectHost({ path }), { message: /there is no flock in .*: install util-linux/ })
  chmodSync(join(path, 'flock'), 0o755)
  await t.rejects(inspectHost({ path }), { message: /not the one of util-linux/ })
})

t.test('a directory that the scripts could not read is refused', async (t) => {
  const root = t.testdir({
    'a b': {}
  })
  const host = await inspectHost()
  const profiles: never[] = []
  await t.rejects(createProcessLaunching({ root: join(root, 'a b'), host, profiles }), {
    message: /^DATA_DIR: .*a b has blanks or shell characters/
  })
  const link = join(root, 'plain')
  symlinkSync(join(root, 'a b'), link)
  await t.rejects(createProcessLaunching({ root: link, host, profiles }), { message: /DATA_DIR/ })
})
