import t from 'tap'
import { replaceAllOf } from '../../src/domain/replace-all-of.ts'

t.test('every occurrence of every word is replaced', async (t) => {
  const cases: readonly [words: string[], text: string, replaced: string][] = [
    [[], 'as it is', 'as it is'],
    [['hunter22'], 'nothing of it', 'nothing of it'],
    [['hunter22'], 'hunter22', '*'],
    [['hunter22'], 'hunter22 and hunter22hunter22', '* and **'],
    [['hunter22', 'hunter'], 'hunter hunter22 hunter2', '* * *2'],
    [['hunter', 'hunter22'], 'hunter22', '*'],
    [['abcdef', 'defghi'], 'abcdefghi', '*'],
    [['abcdef', 'cdef', 'efghij'], 'xabcdefghijx', 'x*x'],
    [['aaaa'], 'aaaaaa', '*'],
    [['hun'], 'hu hun hunt', 'hu * *t'],
    [['中文密码', '密码是什么'], '他的中文密码是什么', '他的*'],
    [['\ud83d\ude00pw'], 'x\ud83d\ude00pw', 'x*'],
    [['$&$1'], 'a $&$1 b', 'a * b']
  ]
  for (const [words, text, replaced] of cases) {
    t.equal(replaceAllOf(words, text, '*'), replaced, `${words} in ${text}`)
  }
})

t.test('nothing of an occurrence is left, wherever words overlap', async (t) => {
  let state = 20_261_123
  const random = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  const letters = (length: number) => Array.from({ length }, () => 'abc'[random(3)]).join('')
  let same = 0
  for (let round = 0; round < 2000; round++) {
    const words = Array.from({ length: 1 + random(6) }, () => letters(2 + random(6)))
    const text = letters(random(60))
    const hidden = new Array<boolean>(text.length).fill(false)
    for (const word of words) {
      for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
        hidden.fill(true, at, at + word.length)
      }
    }
    const expected = [...text].map((letter, at) => (hidden[at] ? '*' : letter)).join('')
    // Neighbours that do not overlap are replaced one by one.
    const replaced = replaceAllOf(words, text, '*').replace(/\*+/g, '*')
    if (replaced === expected.replace(/\*+/g, '*')) same++
  }
  t.equal(same, 2000)
})

t.test('as many words as a config may hold', async (t) => {
  const words = Array.from({ length: 30_000 }, (_, index) => `password-${index}`)
  const text = words.map((word) => `one = "${word}"\n`).join('')
  t.equal(replaceAllOf(words, text, '*'), 'one = "*"\n'.repeat(30_000))
})

t.test('a text that takes too long is replaced as a whole', async (t) => {
  const words = Array.from({ length: 1000 }, (_, index) => `${'a'.repeat(1000 + index)}b`)
  t.equal(replaceAllOf(words, 'a'.repeat(1024 * 1024), '*'), '*')
})
