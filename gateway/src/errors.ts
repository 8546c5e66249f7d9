import { BadParameters, Refusal } from '@scheduler-task/envelope/errors'

/** Nothing was accepted: the call may be sent again. */
const RETRY_SOON = { 'retry-after': '1' }

export const badPath = (reason: string) => new BadParameters([{ path: 'url', message: reason }])

export const badRequestHead = (reason: string) =>
  new BadParameters([{ path: 'headers', message: reason }])

export const tooManyHeaders = (most: number) =>
  new Refusal(431, `at most ${most} header fields are taken`, { code: 'GATEWAY_TOO_MANY_HEADERS' })

export const methodNotAllowed = (allowed: readonly string[]) =>
  new Refusal(405, `use ${allowed.join(', ')}`, {
    code: 'GATEWAY_METHOD_NOT_ALLOWED',
    headers: { allow: allowed.join(', ') }
  })

export const expectationFailed = () =>
  new Refusal(417, 'the only expectation that can be met is 100-continue', {
    code: 'GATEWAY_EXPECTATION_FAILED'
  })

export const upgradeNotSupported = () =>
  new Refusal(501, 'there is no other protocol here than HTTP/1.1', {
    code: 'GATEWAY_UPGRADE_NOT_SUPPORTED'
  })

export const transferCodingNotSupported = () =>
  new Refusal(501, 'the only transfer coding taken is chunked', {
    code: 'GATEWAY_TRANSFER_CODING_NOT_SUPPORTED'
  })

export const notConfigured = (service: string, variable: string) =>
  new Refusal(503, `${service} is not configured here: ${variable} is missing`, {
    code: 'GATEWAY_NOT_CONFIGURED',
    fields: { variable },
    headers: RETRY_SOON
  })

export const unreachable = (service: string, cause?: unknown) =>
  new Refusal(503, `${service} cannot be reached`, {
    code: 'GATEWAY_SERVICE_UNREACHABLE',
    headers: RETRY_SOON,
    cause
  })

export const busy = (service: string) =>
  new Refusal(503, `${service} has more calls waiting than it can take`, {
    code: 'GATEWAY_SERVICE_BUSY',
    headers: RETRY_SOON
  })

export const tooManyRequests = () =>
  new Refusal(503, 'the gateway has as many requests under way as it can take', {
    code: 'GATEWAY_BUSY',
    headers: RETRY_SOON
  })

export const starting = () =>
  new Refusal(503, 'the gateway is starting', { code: 'GATEWAY_STARTING', headers: RETRY_SOON })

export const brokenAnswer = (service: string, cause?: unknown) =>
  new Refusal(502, `${service} broke off; whether it carried the call out is not known`, {
    code: 'GATEWAY_SERVICE_BROKE_OFF',
    cause
  })

export const noAnswerInTime = (service: string, timeoutMs: number) =>
  new Refusal(504, `${service} has not answered within ${timeoutMs} ms`, {
    code: 'GATEWAY_SERVICE_TOO_SLOW',
    fields: { timeoutMs }
  })

export const bodyTooSlow = (timeoutMs: number) =>
  new Refusal(408, `no more of the body came for ${timeoutMs} ms`, {
    code: 'GATEWAY_BODY_TOO_SLOW',
    fields: { timeoutMs }
  })

/** The same whether the user is unknown or the password wrong. */
export const badCredentials = () =>
  new Refusal(401, 'user name or password is wrong', {
    code: 'GATEWAY_BAD_CREDENTIALS',
    chinese: '用户名或密码错误'
  })

export const loginTooOften = (waitMs: number) => {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  return new Refusal(429, `too many failed logins; try again in ${seconds} s`, {
    code: 'GATEWAY_LOGIN_TOO_OFTEN',
    chinese: '登录失败次数过多，请稍后再试',
    headers: { 'retry-after': String(seconds) }
  })
}

export const loginBusy = () =>
  new Refusal(503, 'too many logins at once', {
    code: 'GATEWAY_LOGIN_BUSY',
    headers: RETRY_SOON
  })

export const tooManySessions = () =>
  new Refusal(503, 'too many sessions are open', {
    code: 'GATEWAY_TOO_MANY_SESSIONS',
    headers: RETRY_SOON
  })

export const nothingToLogInTo = () =>
  new Refusal(409, 'with AUTH_MODE=off there is nothing to log in to', {
    code: 'GATEWAY_NO_LOGIN'
  })

export const sessionsNotKept = () =>
  new Refusal(409, 'with AUTH_MODE=jwt a token counts until it expires, it cannot be ended', {
    code: 'GATEWAY_SESSIONS_NOT_KEPT'
  })

export const sessionOfAnother = () =>
  new Refusal(409, 'this session was made by another system; renew it there', {
    code: 'GATEWAY_SESSION_OF_ANOTHER_SYSTEM'
  })

export const noSuchSession = () =>
  new Refusal(404, 'you have no session of this id that is alive', {
    code: 'GATEWAY_SESSION_NOT_FOUND'
  })

export const adminsOnly = () =>
  new Refusal(403, 'sessions of others are for admins', { code: 'GATEWAY_ADMINS_ONLY' })
