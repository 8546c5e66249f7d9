import { chapters, type Entry } from './api-chapters.ts'
import { type DocumentedCall, type Facts, filledIn } from './documented-call.ts'
import { documentedCalls } from './documented-calls.ts'
import { type FailingCall, failingCalls } from './failures.ts'
import type { Door, World } from './world.ts'

/** Longer answers are cut: a scheduler report has thousands of lines. */
const MAX_SHOWN = 1500

const INTRODUCTION = `# 接口文档 v1

本文由 \`npm run docs:api\` 生成：每个请求都真实执行过，应答就是当时的应答（过长的以 \`……\` 截断）。
沙箱（\`npm start\`）里可以照样执行。英文的机器可读描述见 \`/openapi.json\`，网页见 \`/docs\`。

## 约定

- 所有请求带 \`token\` 请求头（或 \`Authorization: Bearer\`）；由 \`POST /auth/login\` 取得，或由其他系统签发（HS256，\`jti\` 为 redis 中登录信息的 key）。
- 应答总是 \`{"statusCode", "message", "data"}\`。成功为 200；业务失败 HTTP 状态仍为 200，\`statusCode\` 为 150（启动）、151（停止）、152（日志）、153（状态）、154（azkaban 登录）、160–164（文件）。
- 参数错误 400，未登录 401，无权限 403，接口不存在 404，方法不对 405，服务不可用 502/503/504：HTTP 状态与 \`statusCode\` 相同。
- azkaban、ResourceManager 的应答以字符串原样放在 \`data\` 中。我们自己的错误也是字符串，其中的 JSON 有 \`error\`（英文说明）、\`code\`（稳定的错误码）、\`requestId\`。
`

/** Runs every call through the gateway and answers the document with what came back. */
export async function writeApiDocument(world: World): Promise<string> {
  const door = world.doors[0] as Door
  // An execution and an application that have ended, and a session that lives.
  const ended = await world.arrange('an execution that has ended')
  const parts = [INTRODUCTION]
  for (const [at, chapter] of chapters.entries()) {
    parts.push(`## ${at + 1}. ${chapter.title}\n`)
    for (const [number, entry] of chapter.entries.entries()) {
      parts.push(`### ${at + 1}.${number + 1} ${entry.title}\n`)
      parts.push(...(await explained(entry, { door, world, ended })))
    }
  }
  return `${parts.join('\n').trimEnd()}\n`
}

/** What differs from run to run is made alike, so that two documents can be compared. */
export function withoutNumbers(document: string): string {
  return document
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uuid')
    .replaceAll(/\bst-[ias]-[\w-]+/g, 'tag')
    .replaceAll(/@[0-9a-f]+/g, '@object')
    .replaceAll(/-?\d+(\.\d+)?(E\d+)?/g, '0')
    .replaceAll(/^(.{1,500}).* ……$/gm, '$1')
}

type Around = { door: Door; world: World; ended: Facts }

async function explained(entry: Entry, { door, world, ended }: Around): Promise<string[]> {
  const calls = entry.successes.map((section) =>
    found(documentedCalls, (call) => call.section === section, section)
  )
  const failing = entry.failures.map((why) => found(failingCalls, (call) => call.why === why, why))
  const first = calls[0] ?? failing[0]
  if (!first) throw new Error(`${entry.title} shows no call`)
  const parts = [`\`${first.method} ${first.path.split('?')[0]}\`\n`]
  if (entry.fields) parts.push(fieldTable(entry.fields))
  for (const note of entry.notes ?? []) parts.push(`${note}\n`)
  for (const call of calls) {
    parts.push(await example('成功', call, await world.arrange(call.given), door))
  }
  if (entry.bytes) parts.push(await bytesExample(entry.bytes, door))
  for (const call of failing) parts.push(await example('失败', call, ended, door))
  return parts
}

async function example(
  title: string,
  call: DocumentedCall | FailingCall,
  facts: Facts,
  door: Door
): Promise<string> {
  const path = filledIn(call.path, facts)
  const body = filledIn(call.body, facts)
  const file = 'file' in call ? call.file : undefined
  const raw = 'raw' in call ? call.raw : undefined
  const answer = await door.call(call.method, path, {
    body,
    ...(file === undefined ? {} : { file }),
    ...(raw ? { raw } : {})
  })
  const shown = JSON.stringify(answer.body, null, 4)
  return [
    `${title}（HTTP ${answer.status}）：\n`,
    '```bash',
    command(call.method, path, body, file, raw),
    '```\n',
    '```json',
    shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)} ……` : shown,
    '```\n'
  ].join('\n')
}

const SHOWN_HEADERS = ['content-type', 'content-length', 'content-disposition', 'accept-ranges']

async function bytesExample(path: string, door: Door): Promise<string> {
  const { status, headers, text } = await door.call('GET', path)
  return [
    `成功（HTTP ${status}）：\n`,
    '```bash',
    command('GET', path, undefined, undefined, undefined).replace('curl -s', 'curl -si'),
    '```\n',
    '```text',
    ...SHOWN_HEADERS.map((name) => `${name}: ${headers[name]}`),
    '',
    text.trimEnd(),
    '```\n'
  ].join('\n')
}

function command(
  method: string,
  path: string,
  body: unknown,
  file: string | undefined,
  raw: FailingCall['raw']
): string {
  const url = `'http://localhost:8080${path}'`
  const head = `curl -s ${method === 'GET' ? '' : `-X ${method} `}-H "token: $TOKEN"`
  if (file !== undefined) return `${head} -F 'file=@text.txt' ${url}`
  if (raw) return `${head} -H 'Content-Type: ${raw.type}' -d '${raw.text}' ${url}`
  if (body === undefined) return `${head} ${url}`
  return `${head} -H 'Content-Type: application/json' -d '${JSON.stringify(body)}' ${url}`
}

function fieldTable(fields: NonNullable<Entry['fields']>): string {
  const rows = fields.map(
    ([name, required, meaning]) => `| \`${name}\` | ${required} | ${meaning} |`
  )
  return ['| 字段 | 必填 | 说明 |', '| --- | --- | --- |', ...rows, ''].join('\n')
}

function found<T>(table: readonly T[], matches: (row: T) => boolean, name: string): T {
  const row = table.find(matches)
  if (!row) throw new Error(`no call is called ${name}`)
  return row
}
