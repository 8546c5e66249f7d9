import type { Timers } from '../yarn/timers.ts'
import type { ApplicationState } from './applications.ts'
import { filled } from './job-text.ts'
import type { JobProgram, JobStep } from './options.ts'

/** What a played job needs from the world. */
export interface ProcessOutlet {
  readonly timers: Timers
  /** Time until KILL is seen to have worked. */
  readonly forcedDeathMs: number
  /** One line of output. */
  readonly print: (text: string, level: 'INFO' | 'ERROR') => void
  /** The next command begins. */
  readonly command: (line: string) => void
  /** Starts an application; its id, or undefined when the job has ended meanwhile. */
  readonly submit: (
    step: Extract<JobStep, { kind: 'submit-application' }>,
    signal: AbortSignal
  ) => Promise<string | undefined>
  /** Its state at the ResourceManager, and how it ended. */
  readonly report: (id: string, signal: AbortSignal) => Promise<ApplicationState>
}

export interface JobProcess {
  /** Exit code: the program's own, 143 after TERM, 137 after KILL. */
  readonly exit: Promise<number>
  readonly ended: boolean
  /** Obeyed after a moment, unless the program ignores it. */
  term(): void
  kill(): void
  finish(code: number): void
}

/** How long a process takes to die of TERM. */
const termMs = 20
const reportMs = 1000
const applicationFinals = ['FINISHED', 'FAILED', 'KILLED']

/** Plays a job's program as a process that can be told to end. */
export function startProcess(program: JobProgram, outlet: ProcessOutlet): JobProcess {
  const { timers } = outlet
  const ending = new AbortController()
  const { signal } = ending
  let ignoresTerm = false
  let newest = ''
  let resolveExit: (code: number) => void = () => {}
  const exit = new Promise<number>((resolve) => {
    resolveExit = resolve
  })

  function end(code: number): void {
    if (signal.aborted) return
    ending.abort()
    resolveExit(code)
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = ms === Infinity ? () => {} : timers.after(ms, resume)
      signal.addEventListener('abort', resume)
      function resume(): void {
        signal.removeEventListener('abort', resume)
        cancel()
        resolve()
      }
    })
  }

  async function play(step: JobStep): Promise<number | undefined> {
    switch (step.kind) {
      case 'print':
        return await print(step)
      case 'command':
        outlet.command(step.line)
        return undefined
      case 'wait':
        await pause(step.ms)
        return undefined
      case 'hold':
        await pause(Infinity)
        return undefined
      case 'ignore-term':
        ignoresTerm = true
        return undefined
      case 'submit-application':
        newest = (await outlet.submit(step, signal)) ?? ''
        return undefined
      case 'follow-application':
        return await follow(step.everyMs ?? reportMs)
      case 'exit':
        return step.code
    }
  }

  async function print(step: Extract<JobStep, { kind: 'print' }>): Promise<undefined> {
    const { text, times = 1, everyMs = 0, level = 'INFO' } = step
    for (let n = 1; n <= times && !signal.aborted; n++) {
      outlet.print(filled(text, { n, application: newest }), level)
      if (everyMs > 0 && n < times) await pause(everyMs)
    }
  }

  async function follow(everyMs: number): Promise<number | undefined> {
    while (!signal.aborted) {
      const { state, finalStatus } = await outlet.report(newest, signal)
      if (signal.aborted) break
      const line = `{log4j} INFO yarn.Client: Application report for ${newest} (state: ${state})`
      outlet.print(filled(line), 'ERROR')
      if (applicationFinals.includes(state)) return finalStatus === 'SUCCEEDED' ? 0 : 1
      await pause(everyMs)
    }
    return undefined
  }

  async function run(): Promise<void> {
    for (const step of program) {
      const code = await play(step)
      if (signal.aborted) return
      if (code !== undefined) return end(code)
    }
    end(0)
  }

  run().catch((error: unknown) => {
    if (signal.aborted) return
    outlet.print(`Exception in thread "main" ${String(error)}`, 'ERROR')
    end(1)
  })

  return {
    exit,
    get ended() {
      return signal.aborted
    },
    term() {
      if (!ignoresTerm) timers.after(termMs, () => end(143))
    },
    kill: () => void timers.after(outlet.forcedDeathMs, () => end(137)),
    finish: end
  }
}
