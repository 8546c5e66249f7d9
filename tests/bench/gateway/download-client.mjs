// Downloads once, throws away what comes, and tells `{status, bytes, ms}`; what has not come by a time limit is given
// up. Arguments: host, port, path, token, limit in ms.
import { connect } from 'node:net'

const [host, port, path, token, limitMs] = process.argv.slice(2)
const head = `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\ntoken: ${token}\r\n\r\n`
let status = 0
let bytes = 0
let length = Number.POSITIVE_INFINITY
let began = 0

const socket = connect({
  host,
  port: Number(port),
  // One buffer for all that comes: the client is not what is measured.
  onread: { buffer: Buffer.alloc(1024 * 1024), callback: take }
})
socket.once('connect', () => {
  began = performance.now()
  socket.write(head)
})
socket.once('end', tell).once('error', tell)
setTimeout(tell, Number(limitMs))

/** The head comes in one piece; not all end the connection after the last byte, even when they are asked to. */
function take(count, buffer) {
  bytes += count
  if (status === 0) {
    const text = buffer.toString('latin1', 0, count)
    const headBytes = text.indexOf('\r\n\r\n') + 4
    status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? -1)
    length = Number(/^content-length: *(\d+)/im.exec(text.slice(0, headBytes))?.[1] ?? length)
    bytes -= headBytes
  }
  if (bytes >= length) tell()
  return true
}

function tell() {
  console.log(JSON.stringify({ status, bytes, ms: performance.now() - began }))
  process.exit()
}
