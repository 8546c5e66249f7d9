// Downloads once, throws away what comes, and tells `{status, bytes, ms}`. Arguments: host, port, path, token.
import { connect } from 'node:net'

const [host, port, path, token] = process.argv.slice(2)
const head = `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\ntoken: ${token}\r\nConnection: close\r\n\r\n`
let status = 0
let bytes = 0
let began = 0

const socket = connect({
  host,
  port: Number(port),
  // One buffer for all that comes: the client is not what is measured.
  onread: {
    buffer: Buffer.alloc(1024 * 1024),
    callback(length, buffer) {
      if (status > 0) {
        bytes += length
        return true
      }
      const end = buffer.subarray(0, length).indexOf('\r\n\r\n')
      status = Number(/^HTTP\/1\.1 (\d{3})/.exec(buffer.toString('latin1', 0, 20))?.[1] ?? -1)
      bytes += end < 0 ? 0 : length - end - 4
      return true
    }
  }
})
socket.once('connect', () => {
  began = performance.now()
  socket.write(head)
})
socket.once('end', () => {
  console.log(JSON.stringify({ status, bytes, ms: performance.now() - began }))
})
