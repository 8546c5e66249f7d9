import t from 'tap'
import type { AzkabanSession } from '../../src/domain/azkaban.ts'
import { followLog } from '../../src/domain/follow-log.ts'

const NEVER = new AbortController().signal
const START = '24-06-2020 16:11:19 CST test INFO - Starting job test at 1592986279000\n'
const job = { execId: 9, jobId: 'test', ended: false }

/** A live log: what is in the newest file at the time of each question. */
function sessionOf(fileAt: (question: number) => string): Pick<AzkabanSession, 'jobLog'> {
  let questions = 0
  return {
    jobLog: async ({ offset, length }) => {
      const data = fileAt(questions).slice(offset, offset + length)
      questions += 1
      return { text: '', offset, length: data.length, data }
    }
  }
}

async function read(fileAt: (question: number) => string) {
  let seen = ''
  const see = (data: string) => {
    seen += data
  }
  return { reading: await followLog(sessionOf(fileAt), job, see, NEVER), seen }
}

t.test('a log that stays is read as a whole', async (t) => {
  const text = `${START}one\n`
  t.strictSame(await read(() => text), { reading: 'whole', seen: text })
})

t.test(
  'one that is rotated while it is read is not whole, though its first line was seen',
  async (t) => {
    const text = `${START}one\n`
    for (const after of [1, 2]) {
      const { reading } = await read((question) => (question < after ? text : 'two\n'))
      t.equal(reading, 'newest', `after ${after} questions`)
    }
  }
)

t.test('one whose first line is gone already is not whole', async (t) => {
  t.strictSame(await read(() => 'later\n'), { reading: 'newest', seen: 'later\n' })
})

t.test('one that is not there yet is missing', async (t) => {
  t.strictSame(await read(() => ''), { reading: 'missing', seen: '' })
})
