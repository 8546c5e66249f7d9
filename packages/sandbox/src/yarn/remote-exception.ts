import { type Answer, jsonType, type ValueOptions, valueAnswer } from './answer.ts'

const classes = {
  BadRequestException: { package: 'org.apache.hadoop.yarn.webapp', status: 400, wraps: true },
  NotFoundException: { package: 'org.apache.hadoop.yarn.webapp', status: 404, wraps: true },
  ForbiddenException: { package: 'org.apache.hadoop.yarn.webapp', status: 403, wraps: true },
  IllegalArgumentException: { package: 'java.lang', status: 400, wraps: false },
  NullPointerException: { package: 'java.lang', status: 500, wraps: false },
  WebApplicationException: { package: 'javax.ws.rs', status: 500, wraps: false },
  AuthorizationException: {
    package: 'org.apache.hadoop.security.authorize',
    status: 401,
    wraps: false
  }
} as const

/** An error that a resource throws; §3 says which status and body it becomes. */
export class RemoteException extends Error {
  readonly exception: keyof typeof classes
  readonly status: number
  readonly type: string

  /**
   * @param text without the prefix `java.lang.Exception: `, which the wrapping exceptions add
   * @param options status and content type where they are not the usual ones
   */
  constructor(
    exception: keyof typeof classes,
    text: string | undefined,
    options: { readonly status?: number; readonly type?: string } = {}
  ) {
    super(text)
    this.exception = exception
    this.status = options.status ?? classes[exception].status
    this.type = options.type ?? jsonType
  }

  answer(format: ValueOptions['format'] = 'json'): Answer {
    const of = classes[this.exception]
    const prefixed = of.wraps && !/^(java\.lang|org\.apache\.hadoop)\./.test(this.message)
    const text = prefixed ? `java.lang.Exception: ${this.message}` : this.message
    const value = {
      RemoteException: {
        exception: this.exception,
        message: this.message === '' ? undefined : text,
        javaClassName: `${of.package}.${this.exception}`
      }
    }
    const { status, type } = this
    if (format === 'xml') return valueAnswer(value, { status, format })
    const answer = valueAnswer(value, { status, type })
    return type === jsonType ? answer : { ...answer, headers: answer.headers.toReversed() }
  }
}

export function badRequest(text: string): RemoteException {
  return new RemoteException('BadRequestException', text)
}

export function notFound(text: string): RemoteException {
  return new RemoteException('NotFoundException', text)
}

/** A method that a resource does not have, and a body of a type that nothing reads. */
export function unsupported(): RemoteException {
  const type = 'application/json;charset=null'
  return new RemoteException('WebApplicationException', undefined, { type })
}
