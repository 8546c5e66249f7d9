import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import t from 'tap'

// Documents that nobody checks die: what they name must be there.

const root = resolve(import.meta.dirname, '../..')
const DOCUMENTS = [
  'README.md',
  'README.zh-CN.md',
  'CONTRIBUTING.md',
  'docs/architecture.md',
  'docs/deploy.md'
]

t.test('docs/configuration.md has every variable of every schema, with its default', async (t) => {
  const script = join(root, 'scripts/configuration-docs.mjs')
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  t.equal(status, 0, stderr)
})

t.test('every npm script that a document names exists', async (t) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  for (const document of DOCUMENTS) {
    const text = readFileSync(join(root, document), 'utf8')
    for (const [, name = ''] of text.matchAll(/npm run (?:-s |--silent )?([\w:-]+)/g)) {
      t.ok(scripts[name], `${document}: npm run ${name}`)
    }
  }
})

t.test('every file that a document links to exists', async (t) => {
  for (const document of DOCUMENTS) {
    const text = readFileSync(join(root, document), 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue
      t.ok(existsSync(join(root, dirname(document), target)), `${document}: ${target}`)
    }
  }
})
