import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { freshDirectory } from '../support/fresh-directory.ts'
import { hadolint, ROOT, runTool } from './tools.ts'

const FILE = join(ROOT, 'deploy/Dockerfile')

t.test('the linter finds nothing in the Dockerfile', async (t) => {
  const lint = [await hadolint(), '--no-color', '--failure-threshold', 'style']
  t.match(await runTool([...lint, FILE]), { code: 0, stdout: '', stderr: '' })

  const broken = join(freshDirectory(t), 'Dockerfile')
  const text = await readFile(FILE, 'utf8')
  await writeFile(broken, text.replace('WORKDIR /src', 'WORKDIR src'))
  t.match(await runTool([...lint, broken]), { code: 1, stdout: /DL3000/ }, 'and it does look')
})

t.test('nothing runs as root, and no secret gets into a layer', async (t) => {
  const text = await readFile(FILE, 'utf8')
  const users = [...text.matchAll(/^USER (.+)$/gm)].map(([, user]) => user)
  t.equal(users.at(-1), '10001:10001')
  t.notMatch(text, /^(ARG|ENV)\b.*(SECRET|PASSWORD|TOKEN)/im)
})
