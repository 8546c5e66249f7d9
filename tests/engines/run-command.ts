import { spawn } from 'node:child_process'

/** A command that ended otherwise than with exit code 0; the message ends with what it said last. */
export class CommandFailure extends Error {
  constructor(command: string, reason: string, output: string) {
    super(`${command}: ${reason}\n${output.slice(-4000)}`.trimEnd())
    this.name = 'CommandFailure'
  }
}

export type CommandOptions = Readonly<{
  cwd?: string
  /** Its whole environment. Default: ours. */
  environment?: Record<string, string | undefined>
  /** Time after which the command is killed. Default: ten minutes. */
  limitMs?: number
}>

const keptCharacters = 1_048_576

/**
 * Runs one program without a shell and resolves to what it said on both streams, at most the last
 * megabyte. Throws {@link CommandFailure} when it cannot be started, takes longer than the limit,
 * or does not end with exit code 0.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {}
): Promise<string> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.environment ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(options.limitMs ?? 600_000),
    killSignal: 'SIGKILL'
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-keptCharacters)
    })
  }
  const ending = await new Promise<string | number>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'ended'))
  })
  if (ending === 0) return output
  const reason = typeof ending === 'number' ? `exit code ${ending}` : ending
  throw new CommandFailure([program, ...args].join(' '), reason, output)
}
