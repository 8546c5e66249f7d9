import { Refusal } from '@scheduler-task/envelope/errors'

/** 401 with the reason in both languages. Says nothing that helps to forge a token. */
function unauthorized(code: string, message: string, chinese: string): Refusal {
  return new Refusal(401, message, { code, chinese, headers: { 'www-authenticate': 'Bearer' } })
}

export const noToken = () =>
  unauthorized(
    'AUTH_NO_TOKEN',
    'no token: send it in the header token, or as Authorization: Bearer',
    '缺少token'
  )
export const badToken = () =>
  unauthorized(
    'AUTH_BAD_TOKEN',
    'the token is not one that was issued for this system',
    'token无效'
  )
export const expiredToken = () =>
  unauthorized('AUTH_TOKEN_EXPIRED', 'the token has expired; log in again', 'token已过期')
export const endedSession = () =>
  unauthorized('AUTH_SESSION_ENDED', 'the session has ended; log in again', '登录已失效')

export const sessionsUnavailable = (cause?: unknown) =>
  new Refusal(503, 'the session store cannot be asked; nobody is let in until it can', {
    code: 'AUTH_SESSIONS_UNAVAILABLE',
    chinese: '会话服务暂不可用',
    headers: { 'retry-after': '1' },
    cause
  })

const forbidden = (code: string, message: string, chinese: string) =>
  new Refusal(403, message, { code, chinese })

export const cookieAlone = () =>
  forbidden(
    'AUTH_COOKIE_ALONE',
    'a cookie alone may not change anything: send X-Requested-With, or the token in a header',
    '仅凭cookie不能执行修改操作'
  )
export const roleMissing = () =>
  forbidden('AUTH_ROLE_MISSING', 'your role may read, not change', '当前角色没有修改权限')
export const foreignPage = () =>
  forbidden(
    'AUTH_FOREIGN_ORIGIN',
    'with AUTH_MODE=off only pages of this very service, and programs that are no browsers, may call it',
    '不允许跨站访问'
  )
export const foreignHost = () =>
  forbidden(
    'AUTH_FOREIGN_HOST',
    'with AUTH_MODE=off the Host header must be a loopback name',
    '不允许的Host'
  )
