import t from 'tap'
import { redactedText } from '../../src/domain/redacted-text.ts'

t.test('host names and stack traces are cut, the reason stays', async (t) => {
  for (const [text, expected] of [
    [
      '<pre>    Index: 0</pre></p><h3>Caused by:</h3><pre>java.lang.X: Index: 0\n\tat a.b.C(C.java:1)\n</pre>\n<h3>Caused by:</h3><pre>y</pre><hr />',
      '<pre>    Index: 0</pre></p>\n<hr />'
    ],
    ['<h3>Caused by:</h3><pre>java.lang.X', ''],
    ['<h3>Caused by:</h3> a fuse', '<h3>Caused by:</h3> a fuse'],
    ['no\n\tat a.B$c.<init>(B.java:1)\n\t... 12 more\nCaused by: x', 'no'],
    ['{"error":"no\\n\\tat a.b(B.java:1)"}', '{"error":"no"}'],
    [
      'Connect to hdp-1.example.com:12321 [hdp-1.example.com/10.0.0.7, h/::1] failed: Connection refused',
      'Connect to [hidden] [hidden] failed: Connection refused'
    ],
    ['Connection to http://localhost:12321 refused', 'Connection to http://[hidden] refused'],
    ['java.net.UnknownHostException: exec7', 'java.net.UnknownHostException: [hidden]'],
    ['from 10.1.2.3 at 12:30:05', 'from [hidden] at 12:30:05']
  ] as const) {
    t.equal(redactedText(text), expected)
  }
})

t.test('no text of an upstream takes time to speak of', async (t) => {
  const size = 200_000
  for (const piece of ['\n', '\t', '[', '[/', 'a-', 'a.', '1.', 'a:', '\\n', '\\t', '\nat a(']) {
    const began = Date.now()
    redactedText(`x\n${piece.repeat(size)}y`)
    t.ok(Date.now() - began < 2000, `${JSON.stringify(piece)}: ${Date.now() - began} ms`)
  }
  const began = Date.now()
  redactedText('<h3>Caused by:</h3><pre>'.repeat(50_000))
  t.ok(Date.now() - began < 2000, `causes: ${Date.now() - began} ms`)
})
