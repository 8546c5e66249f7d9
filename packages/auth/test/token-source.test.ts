import t from 'tap'
import { findToken } from '../src/token-source.ts'

t.test('the first place that holds a token decides', async (t) => {
  for (const [headers, expected] of [
    [{}, undefined],
    [{ token: 'a' }, { token: 'a', from: 'header' }],
    [
      { token: 'a', authorization: 'Bearer b', cookie: 'token=c' },
      { token: 'a', from: 'header' }
    ],
    [
      { token: '', authorization: 'Bearer b' },
      { token: 'b', from: 'bearer' }
    ],
    [{ token: ['a', 'b'] }, { token: 'a, b', from: 'header' }],
    [
      { authorization: 'Bearer b', cookie: 'token=c' },
      { token: 'b', from: 'bearer' }
    ],
    [{ authorization: 'bearer  b ' }, { token: 'b', from: 'bearer' }],
    [
      { authorization: 'Bearer', cookie: 'token=c' },
      { token: 'c', from: 'cookie' }
    ],
    [{ authorization: 'Basic b' }, undefined],
    [{ authorization: 'BearerX b' }, undefined],
    [{ cookie: 'a=b; token=c; d=e' }, { token: 'c', from: 'cookie' }],
    [{ cookie: 'token="c"' }, { token: 'c', from: 'cookie' }],
    [{ cookie: 'token=c; token=d' }, { token: 'c', from: 'cookie' }],
    [{ cookie: 'token=' }, undefined],
    [{ cookie: 'xtoken=c; token' }, undefined],
    [{ cookie: '=token; ;' }, undefined]
  ] as const) {
    t.strictSame(findToken(headers as never), expected, JSON.stringify(headers))
  }
})
