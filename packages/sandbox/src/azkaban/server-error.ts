import { escapeXml } from '../yarn/wire.ts'
import type { Answer, Header } from './answer.ts'

/** One link of the chain of causes, outermost first. */
export interface Thrown {
  readonly javaClass: string
  /** Null as in `new NullPointerException()`. */
  readonly message: string | null
}

/** An exception that escapes a servlet: answered with Jetty's page, its message the reason (§1.7). */
export class ServerError extends Error {
  readonly chain: readonly Thrown[]
  /** Frames of the stack trace, without `at`. */
  readonly frames: readonly string[]

  constructor(chain: readonly Thrown[], frames: readonly string[] = servletFrames) {
    super(chain[0]?.message ?? '')
    this.chain = chain
    this.frames = frames
  }
}

export function servletError(message: string): ServerError {
  return new ServerError([{ javaClass: 'javax.servlet.ServletException', message }])
}

export function nullPointer(message: string): ServerError {
  return new ServerError([{ javaClass: 'java.lang.NullPointerException', message }])
}

export function notANumber(text: string): ServerError {
  const message = `For input string: "${text}"`
  return new ServerError([{ javaClass: 'java.lang.NumberFormatException', message }])
}

/**
 * What the executor reported, thrown on by the web server.
 *
 * @param prefix in front of it in the outer exception, and so in the reason
 */
export function executorError(prefix: string, message: string): ServerError {
  return new ServerError([
    { javaClass: 'azkaban.executor.ExecutorManagerException', message: `${prefix}${message}` },
    { javaClass: 'java.io.IOException', message }
  ])
}

/** @param text what the HTTP client says, with the name of its exception or without */
export function connectError(text: string): ServerError {
  const message = text.replace('org.apache.http.conn.HttpHostConnectException: ', '')
  return new ServerError([
    { javaClass: 'azkaban.executor.ExecutorManagerException', message: text },
    { javaClass: 'org.apache.http.conn.HttpHostConnectException', message },
    { javaClass: 'java.net.ConnectException', message: 'Connection refused' }
  ])
}

/** What 2.5.0 does with an execution that it does not know (§5.3). */
export function noSuchExecution(): ServerError {
  const thrown = { javaClass: 'java.lang.IndexOutOfBoundsException', message: 'Index: 0' }
  return new ServerError([thrown], [...lookupFrames, ...oldServletFrames])
}

/** @param path of the request, without its query */
export function errorPage(error: ServerError, path: string): Answer {
  const [first] = error.chain
  const message = first?.message ?? null
  const shown = escapeXml(message ?? 'INTERNAL_SERVER_ERROR')
  const lines = [
    '<html>',
    '<head>',
    '<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1"/>',
    `<title>Error 500 ${shown}</title>`,
    '</head>',
    '<body><h2>HTTP ERROR 500</h2>',
    `<p>Problem accessing ${escapeXml(path)}. Reason:`,
    `<pre>    ${shown}</pre></p>${causes(error)}`,
    `<hr /><i><small>Powered by Jetty://</small></i>${ruler}`,
    '</body>',
    '</html>',
    ''
  ]
  const headers: Header[] = [
    ['Content-Type', 'text/html; charset=iso-8859-1'],
    ['Cache-Control', 'must-revalidate,no-cache,no-store']
  ]
  const body = Buffer.from(lines.join('\n'), 'latin1')
  const answer = { status: 500, headers, body }
  return message === null ? answer : { ...answer, reason: message }
}

const ruler = `<br/>${' '.repeat(48)}\n`.repeat(20)

/** One block for every link of the chain, each with the links below it. */
function causes({ chain, frames }: ServerError): string {
  const trace = frames.map((frame) => `\tat ${frame}\n`).join('')
  return chain
    .map((_, at) => {
      const [top, ...below] = chain.slice(at)
      const rest = below.map((one) => `Caused by: ${title(one)}\n${trace}`).join('')
      return `<h3>Caused by:</h3><pre>${escapeXml(`${title(top)}\n${trace}${rest}`)}</pre>`
    })
    .join('\n')
}

function title(thrown: Thrown | undefined): string {
  if (!thrown) return ''
  return thrown.message === null ? thrown.javaClass : `${thrown.javaClass}: ${thrown.message}`
}

const jettyFrames = [
  'org.mortbay.jetty.servlet.ServletHolder.handle(ServletHolder.java:511)',
  'org.mortbay.jetty.servlet.ServletHandler.handle(ServletHandler.java:401)',
  'org.mortbay.jetty.servlet.SessionHandler.handle(SessionHandler.java:182)',
  'org.mortbay.jetty.handler.ContextHandler.handle(ContextHandler.java:766)',
  'org.mortbay.jetty.handler.HandlerWrapper.handle(HandlerWrapper.java:152)',
  'org.mortbay.jetty.Server.handle(Server.java:326)',
  'org.mortbay.jetty.HttpConnection.handleRequest(HttpConnection.java:542)',
  'org.mortbay.jetty.HttpConnection$RequestHandler.content(HttpConnection.java:945)',
  'org.mortbay.jetty.HttpParser.parseNext(HttpParser.java:756)',
  'org.mortbay.jetty.HttpParser.parseAvailable(HttpParser.java:218)',
  'org.mortbay.jetty.HttpConnection.handle(HttpConnection.java:404)',
  'org.mortbay.jetty.bio.SocketConnector$Connection.run(SocketConnector.java:228)'
]

const poolFrame = 'org.mortbay.thread.QueuedThreadPool$PoolThread.run(QueuedThreadPool.java:582)'

const servletFrames = [
  'azkaban.webapp.servlet.ExecutorServlet.handleAJAXAction(ExecutorServlet.java:181)',
  'azkaban.webapp.servlet.ExecutorServlet.handlePost(ExecutorServlet.java:282)',
  'azkaban.webapp.servlet.LoginAbstractAzkabanServlet.doPost(LoginAbstractAzkabanServlet.java:324)',
  'javax.servlet.http.HttpServlet.service(HttpServlet.java:727)',
  'javax.servlet.http.HttpServlet.service(HttpServlet.java:820)',
  ...jettyFrames,
  poolFrame
]

/** As printed in the interface document, status call, error. */
const lookupFrames = [
  'java.util.Collections$EmptyList.get(Collections.java:4454)',
  'azkaban.executor.JdbcExecutorLoader.fetchExecutableFlow(JdbcExecutorLoader.java:188)',
  'azkaban.executor.ExecutorManager.getExecutableFlow(ExecutorManager.java:174)'
]

const oldServletFrames = [
  'azkaban.webapp.servlet.ExecutorServlet.handleAJAXAction(ExecutorServlet.java:100)',
  'azkaban.webapp.servlet.ExecutorServlet.handlePost(ExecutorServlet.java:174)',
  'azkaban.webapp.servlet.LoginAbstractAzkabanServlet.doPost(LoginAbstractAzkabanServlet.java:270)',
  'javax.servlet.http.HttpServlet.service(HttpServlet.java:707)',
  'javax.servlet.http.HttpServlet.service(HttpServlet.java:790)',
  ...jettyFrames,
  'org.mortbay.jetty.security.SslSocketConnector$SslConnection.run(SslSocketConnector.java:713)',
  poolFrame
]
