import { fileURLToPath } from 'node:url'
import { PASSWORD, SECRET, type System } from '../../support/system.ts'

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

/** A frame of a stack trace, in Node's or in Java's way. */
const STACK = /\n?\s+at .+(?::\d+:\d+\)?|\(.+\.java:\d+\))/
/** Shown on purpose to who may start jobs: what exactly is run. */
const COMMAND = /"(?:argv|environment)":(?:\[[^\]]*\]|\{[^}]*\})/g
/** What a job itself has printed: of the inside it may tell all but the secrets. */
const JOB_OUTPUT = /^GET \S+\/jobs\/[^/?\s]+\/(?:log|diagnosis)\b/
const INNER_WORDS = /node_modules|node:internal|\b(?:ECONN\w+|ENOENT|EACCES|EISDIR|ENOTDIR|ELOOP)\b/

export type LeakCheck = {
  /** What in an answer to a client tells about the inside: the first such text, or nothing. */
  inAnswer(text: string): string | undefined
  /** Secrets in lines of a log. Paths and addresses may be there: an operator reads it. */
  inLog(text: string, ...more: string[]): string | undefined
}

/** What nobody is told: stacks, paths of this machine, addresses of other parts, secrets. */
export function createLeakCheck({ directory, redis, parts, token }: System): LeakCheck {
  const hosts = [redis.url, ...Object.values(parts).map(({ url }) => url)]
  const addresses = hosts.map((url) => new URL(url).host)
  const secrets = [SECRET, PASSWORD, token, token.split('.')[2] ?? token]
  const hidden = [PROJECT, directory, ...secrets, ...addresses]
  return {
    inAnswer(answer) {
      if (JOB_OUTPUT.test(answer)) return secrets.find((word) => answer.includes(word))
      const text = answer.replace(COMMAND, '')
      const [frame] = STACK.exec(text) ?? INNER_WORDS.exec(text) ?? []
      return frame ?? hidden.find((word) => text.includes(word))
    },
    inLog: (text, ...more) => [...secrets, ...more].find((word) => text.includes(word))
  }
}
