import t from 'tap'
import { parseExitStatus } from '../../src/adapters/exit-status.ts'

t.test('what a shell calls a status', async (t) => {
  const texts: Record<string, object> = {
    '0\n': { kind: 'exited', code: 0 },
    '255\n': { kind: 'exited', code: 255 },
    '127\n': { kind: 'exited', code: 127 },
    '137\n': { kind: 'signalled', signal: 'SIGKILL' },
    '143\n': { kind: 'signalled', signal: 'SIGTERM' },
    'not-started no room\n': { kind: 'not-started', reason: 'no room' },
    '14': { kind: 'unknown' },
    '': { kind: 'unknown' },
    'x\n': { kind: 'unknown' }
  }
  for (const [text, exit] of Object.entries(texts)) t.match(parseExitStatus(text), exit, text)
})
