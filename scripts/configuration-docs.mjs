// `npm run docs` writes docs/configuration.md from the schemas; with --check it only says whether the file is right.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './pnpm.mjs'

const PARTS = [
  ['Gateway', 'gateway'],
  ['azkaban-proxy', 'services/azkaban-proxy'],
  ['yarn-executor', 'services/yarn-executor'],
  ['file-service', 'services/file-service'],
  ['All-in-one (`npm start`)', 'packages/all-in-one']
]
const HEADER = ['variable', 'default', 'meaning']
const FILE = join(root, 'docs/configuration.md')

export async function configurationDocs() {
  const sections = []
  for (const [title, folder] of PARTS) {
    const { environment } = await import(join(root, folder, 'dist/config.js'))
    sections.push(`## ${title}\n\n${table([HEADER, ...rows(environment)])}`)
  }
  return `# Configuration

Made from the schemas by \`npm run docs\`; a test fails while the two differ. All values come from the environment; an empty
value counts as not set. A value that cannot be used is refused at start with the variable's name. \`npm start\` passes
every variable on to the services, so all of these count there too.

${sections.join('\n\n')}
`
}

function rows(environment) {
  return Object.entries(environment.shape).map(([name, schema]) => {
    const byDefault = defaultOf(schema)
    const value = typeof byDefault === 'object' ? undefined : byDefault
    return [`\`${name}\``, shown(value), descriptionOf(schema)]
  })
}

/** A table as the formatter leaves it: every column as wide as its widest cell. */
function table([header, ...body]) {
  const widths = header.map((_, at) => Math.max(...[header, ...body].map((row) => row[at].length)))
  const line = (row) => `| ${row.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join(
    '\n'
  )
}

/** What a schema takes for a variable that is not set, before anything is made of it. */
function defaultOf({ def }) {
  if (def.type === 'default') return def.defaultValue
  const inner = def.innerType ?? def.in
  return inner ? defaultOf(inner) : undefined
}

function shown(value) {
  if (value === undefined) return ''
  return value === '' ? '(empty)' : `\`${value}\``
}

function descriptionOf(schema) {
  if (!schema.description) throw new Error('a variable without a description')
  return schema.description.replaceAll('|', '\\|')
}

if (process.argv.includes('--check')) {
  if ((await configurationDocs()) !== readFileSync(FILE, 'utf8')) {
    console.error('docs/configuration.md differs from the schemas: run `npm run docs`')
    process.exitCode = 1
  }
} else {
  writeFileSync(FILE, await configurationDocs())
}
