import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { UserProblem } from '../domain/manage-users.ts'

/** Asks for a new password twice, unseen, at a terminal; otherwise it is the first line of standard input. */
export async function readNewPassword(): Promise<string> {
  if (!process.stdin.isTTY) return await readLine()
  const password = await askUnseen('Password: ')
  if ((await askUnseen('The same again: ')) !== password) {
    throw new UserProblem('the two are not the same')
  }
  return password
}

async function readLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin, terminal: false })
  for await (const line of lines) return line
  throw new UserProblem('no password on standard input')
}

async function askUnseen(question: string): Promise<string> {
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('SIGINT', () => reject(new UserProblem('nothing was changed')))
      lines.once('close', () => reject(new UserProblem('no password was given')))
    })
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
