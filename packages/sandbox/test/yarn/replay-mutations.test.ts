import t from 'tap'
import { differences, isLoose } from './replay/compare.ts'
import { parseTree, type Tree } from './replay/json-tree.ts'
import { type RecordedAnswer, readRecording } from './replay/recording.ts'

const jsonNames = [
  'info',
  'app-running-spark',
  'app-accepted',
  'app-failed-bad-queue',
  'appattempts',
  'attempt-containers-running',
  'containerlogs-list',
  'filter-tags-or',
  'scheduler-capacity',
  'state-put-202',
  'state-put-unknown-404'
]

t.test('a recording is the same as itself', async (t) => {
  for (const name of [...jsonNames, 'ha-standby-apps-307', 'containerlogs-stdout-old']) {
    const { answer } = asSent(name)
    t.same(differences(answer, answer), [], name)
  }
})

t.test('every single change of a body is found (at most 250 of each, evenly spread)', async (t) => {
  for (const name of jsonNames) {
    const { answer } = asSent(name)
    const missed: string[] = []
    let tried = 0
    const all = [...changes(parseTree(answer.body))]
    const stride = Math.ceil(all.length / 250)
    for (const [what, body] of all.filter((_, at) => at % stride === 0)) {
      tried++
      if (differences(answer, { ...answer, body }).length === 0) missed.push(what)
    }
    t.ok(tried > 0)
    t.same(missed, [], `${name}: ${tried} changes`)
  }
})

t.test('every change of status, reason and headers is found', async (t) => {
  const names = ['state-put-202', 'ha-standby-apps-307', 'ha-noactive-refresh', 'acl-nm-logs-bob']
  for (const name of names) {
    const { answer } = asSent(name)
    const variants: Record<string, RecordedAnswer> = {
      status: { ...answer, status: answer.status + 1 },
      reason: { ...answer, reason: 'Fine' },
      'one more header': { ...answer, headers: [...answer.headers, ['X-More', '1']] }
    }
    for (const [at, [header, value]] of answer.headers.entries()) {
      const others = answer.headers.toSpliced(at, 1)
      variants[`without ${header}`] = { ...answer, headers: others }
      variants[`another ${header}`] = {
        ...answer,
        headers: answer.headers.toSpliced(at, 1, [header, `${value}x`])
      }
      variants[`${header} in lower case`] = {
        ...answer,
        headers: answer.headers.toSpliced(at, 1, [header.toLowerCase(), value])
      }
    }
    for (const [what, variant] of Object.entries(variants)) {
      t.not(differences(answer, variant).length, 0, `${name}: ${what}`)
    }
  }
})

t.test('a change of a text body is found', async (t) => {
  for (const name of [
    'containerlogs-stdout-old',
    'state-put-403',
    'ha-noactive-put',
    'accept-xml'
  ]) {
    const { answer } = asSent(name)
    const { body } = answer
    for (const at of [0, Math.floor(body.length / 2), body.length - 1]) {
      const changed = `${body.slice(0, at)}~${body.slice(at + 1)}`
      t.not(differences(answer, { ...answer, body: changed }).length, 0, `${name} at ${at}`)
    }
  }
})

/** Scrubbing changed the bodies, so the length that counts is that of the body in the file. */
function asSent(name: string) {
  const { answer } = readRecording(name)
  const length = String(Buffer.byteLength(answer.body))
  const headers = answer.headers.map(([key, value]): [string, string] => [
    key,
    key === 'Content-Length' ? length : value
  ])
  return { answer: { ...answer, headers } }
}

/** The body with one thing changed, for every place in it. */
function* changes(tree: Tree, path: readonly string[] = []): Generator<[string, string]> {
  const at = path.join('.')
  if (tree.kind === 'object') {
    const { members } = tree
    yield [`${at}: one key more`, wrap([...members, ['bogus', word('null')]])]
    for (const [index, [key, one]] of members.entries()) {
      yield [`${at}.${key} left out`, wrap(members.toSpliced(index, 1))]
      yield [`${at}.${key} renamed`, wrap(members.toSpliced(index, 1, [`${key}X`, one]))]
      for (const [what, body] of changes(one, [...path, key])) {
        yield [what, wrap(members.toSpliced(index, 1, [key, word(body)]))]
      }
    }
  } else if (tree.kind === 'array') {
    const items = tree.items.map(write)
    yield [`${at}: one item more`, `[${[...items, 'null'].join()}]`]
    yield [`${at}: no list`, 'null']
    for (const [index, one] of tree.items.entries()) {
      yield [`${at}.${index} left out`, `[${items.toSpliced(index, 1).join()}]`]
      for (const [what, body] of changes(one, [...path, String(index)])) {
        yield [what, `[${items.toSpliced(index, 1, body).join()}]`]
      }
    }
  } else {
    yield [`${at}: another kind`, tree.kind === 'string' ? '17' : JSON.stringify(tree.text)]
    if (tree.kind === 'integer') yield [`${at}: with a point`, `${tree.text}.0`]
    yield [`${at}: null`, 'null']
    if (!isLoose(path) && !isSizeOfGenerated(path)) yield [`${at}: another value`, another(tree)]
  }
}

function another(tree: Exclude<Tree, { kind: 'object' | 'array' }>): string {
  if (tree.kind === 'string') return JSON.stringify(`${tree.text}x`)
  if (tree.kind === 'word') return tree.text === 'true' ? 'false' : 'true'
  return tree.kind === 'float' ? `${tree.text}1` : `${tree.text}1`
}

function isSizeOfGenerated(path: readonly string[]): boolean {
  return /^containerLogsInfo\.containerLogInfo\.[03]\.fileSize$/.test(path.join('.'))
}

function word(text: string): Tree {
  return { kind: 'word', text }
}

function wrap(members: ReadonlyArray<readonly [string, Tree]>): string {
  return `{${members.map(([key, one]) => `${JSON.stringify(key)}:${write(one)}`).join()}}`
}

function write(tree: Tree): string {
  if (tree.kind === 'object') return wrap(tree.members)
  if (tree.kind === 'array') return `[${tree.items.map(write).join()}]`
  return tree.kind === 'string' ? JSON.stringify(tree.text) : tree.text
}
