import { pour } from '../yarn/pour.ts'
import type { Timers } from '../yarn/timers.ts'
import { type Answer, errorAnswer, type SendContext, send, sendHead } from './answer.ts'
import type { CallFault } from './faults.ts'
import { loginPage } from './login-page.ts'
import { errorPage, ServerError } from './server-error.ts'

export interface FaultContext extends SendContext {
  readonly path: string
  readonly loginPageBytes: number
  readonly timers: Timers
  /** Does what was asked for; the answer that the call would get without the fault. */
  readonly answer: () => Promise<Answer>
  readonly loseSession: () => void
}

/** Answers a call as the fault says; resolves when nothing is left to do for it. */
export async function playFault(fault: CallFault, context: FaultContext): Promise<void> {
  const { request, response } = context
  switch (fault.kind) {
    case 'login-page':
      return send(loginPage(context.loginPageBytes), context)
    case 'page-500': {
      const chain = [{ javaClass: 'java.lang.RuntimeException', message: fault.message }]
      return send(errorPage(new ServerError(chain), context.path), context)
    }
    case 'session-lost':
      context.loseSession()
      return send(await context.answer(), context)
    case 'cut': {
      const answer = await context.answer()
      sendHead(answer, context)
      const half = answer.body.subarray(0, Math.ceil(answer.body.length / 2))
      response.write(half, () => request.socket.destroy())
      return
    }
    case 'hang':
      return
    case 'slow':
      await context.timers.pause(fault.ms)
      return send(await context.answer(), context)
    case 'reset':
      request.socket.resetAndDestroy()
      return
    case 'drop-after-accept':
      await context.answer()
      request.socket.destroy()
      return
    case 'empty':
      return send(json(''), context)
    case 'garbage':
      return send(json('{\n  "data" : "\u0000\ufffd'), context)
    case 'huge':
      sendHead({ ...json(''), chunked: true }, context)
      return await pour('{\n  "data" : "', fault.bytes, response)
    case 'error':
      return send(errorAnswer(fault.text), context)
  }
}

function json(text: string): Answer {
  const headers = [['Content-Type', 'application/json']] as const
  return { status: 200, headers, body: Buffer.from(text) }
}
