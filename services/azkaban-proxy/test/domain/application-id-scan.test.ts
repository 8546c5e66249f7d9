import t from 'tap'
import { createApplicationIdScan } from '../../src/domain/application-id-scan.ts'

const P = '24-06-2020 16:11:19 CST test INFO - '
const LOG4J = '20/06/24 16:11:20 INFO'
const A = 'application_1592537240488_0075'
const B = 'application_1592537240488_0076'

/** What a scan finds in a whole log. */
function found(text: string): string | undefined {
  return scanned([text]).found
}

function scanned(pieces: readonly string[]) {
  const scan = createApplicationIdScan()
  for (const piece of pieces) scan.see(piece)
  scan.end()
  return scan
}

t.test('messages of YARN’s clients tell the id', async (t) => {
  const messages = [
    `${LOG4J} impl.YarnClientImpl: Submitted application ${A}`,
    `INFO org.apache.hadoop.yarn.client.api.impl.YarnClientImpl - Submitted application ${A}`,
    `Submitted application master ${A}`,
    `${LOG4J} yarn.Client: Application report for ${A} (state: ACCEPTED)`,
    `The url to track the job: http://rm.example:8088/proxy/${A}/`,
    `Starting Job = job_1592537240488_0075, Tracking URL = http://rm.example:8088/proxy/${A}/`,
    `\t tracking URL: http://rm.example:8088/proxy/${A}/`,
    `Found Web Interface nm.example:8081 of application &#39;${A}&#39;.`.replaceAll('&#39;', "'"),
    `yarn application -kill ${A}`,
    `something of the job's own: ${A}.`
  ]
  for (const message of messages) t.equal(found(`${P}${message}\n${P}next\n`), A, message)
})

t.test('an application that is about to be submitted is not there yet', async (t) => {
  for (const message of [
    `${LOG4J} yarn.Client: Submitting application ${A} to ResourceManager`,
    `Submitting application master ${A}`
  ]) {
    const scan = scanned([`${P}${message}\n${P}next\n`])
    t.match(scan, { found: undefined, announced: A, started: [] }, message)
    t.ok(scan.names(A))
    t.equal(found(`${P}${message}\n${P}Submitted application ${A}\n`), A)
    t.equal(found(`${P}${message}\n${P}Application report for ${A} (state: ACCEPTED)\n`), A)
  }
})

t.test('the last submitted one counts, before anything else that is named', async (t) => {
  const submitted = (id: string) =>
    `${P}${LOG4J} impl.YarnClientImpl: Submitted application ${id}\n`
  t.equal(found(submitted(A) + submitted(B)), B)
  t.equal(found(`${submitted(A)}${P}Application report for ${B} (state: RUNNING)\n`), A)
  t.equal(found(`${P}reads the output of ${B}\n${submitted(A)}${P}and of ${B}\n`), A)
})

t.test('Hive names each application in its own way, and the last one counts', async (t) => {
  for (const said of [
    'Status: Running (Executing on YARN cluster with App id ',
    'Running with YARN Application = ',
    'Starting Job = job_1_1, Tracking URL = http://rm.example:8088/proxy/'
  ]) {
    t.equal(found(`${P}${said}${A})\n${P}${said}${B})\n`), B, said)
  }
})

t.test('what has more digits than YARN takes is no id', async (t) => {
  for (const digits of ['1'.repeat(20), '1'.repeat(100)]) {
    t.equal(found(`${P}Submitted application application_${digits}_1\n`), undefined)
  }
  t.equal(found(`${P}Submitted application application_1_${'1'.repeat(11)}\n`), undefined)
})

t.test('ids that only repeat what the user gave do not count', async (t) => {
  const echoes = [
    `Command: spark-submit --conf spark.parent=${A}`,
    `Environment variables: {PARENT=${A}, X=Submitted application ${A}}`,
    `job JVM args: '-Dparent=${A}'`,
    `all props for the job: {parent=${A}}`,
    `${LOG4J} yarn.Client: Uploading resource file:/a.zip -&gt; hdfs://nn/user/a/.sparkStaging/${A}/a.zip`
  ]
  for (const echo of echoes) {
    t.equal(found(`${P}${echo}\n${P}next\n`), undefined, echo)
    t.equal(found(`${P}${echo}\n${P}Submitted application ${B}\n`), B, 'its own one does')
    t.ok(scanned([`${P}${echo}\n`]).names(A), 'but the log names it')
  }
  const lines = `${P}Command: sh -c '\n  Submitted application ${A}\n'\n`
  t.equal(found(lines), undefined, 'further lines of an echo neither')
  t.equal(found(`${lines}${P}Submitted application ${B}\n`), B)
  t.equal(found(`INFO [main] Command: x ${A}\n`), undefined, 'in a layout of the job’s own')
})

t.test('several ids of which no client speaks are no answer', async (t) => {
  t.equal(found(`${P}${A}\n${P}${B}\n`), undefined)
  t.equal(found(`${P}${A}\n${P}${A}\n`), A, 'one, twice')
  t.equal(found(`${P}my_${A}x job_1_2 application_12 application__1\n`), undefined)
})

t.test('an id that a border cuts is found whole, wherever it is cut', async (t) => {
  const text = `${P}Submitted application ${A}\r\n${P}next\n`
  for (let at = 1; at < text.length; at++) {
    t.equal(scanned([text.slice(0, at), text.slice(at)]).found, A, `cut at ${at}`)
  }
  const scan = createApplicationIdScan()
  for (const character of text) scan.see(character)
  t.equal(scan.found, A, 'byte by byte')
})

t.test('a line that is still being written does not count until it is over', async (t) => {
  const scan = createApplicationIdScan()
  scan.see(`${P}Submitted application application_1592537240488_00`)
  t.equal(scan.found, undefined)
  scan.see('75\n')
  t.equal(scan.found, A)
  t.equal(found(`${P}Submitted application ${A}`), A, 'the log is over')
})

t.test('lines of any length are taken, with bounded memory', async (t) => {
  const filler = 'x '.repeat(300_000)
  t.equal(found(`${P}${filler}Submitted application ${A}${filler}\n`), A)
  t.equal(found(`${P}Command: ${filler}Submitted application ${A} ${filler}\n`), undefined)
  const scan = createApplicationIdScan()
  for (let piece = 0; piece < 40; piece++) scan.see('y'.repeat(10_000))
  scan.see(` Submitted application ${A} \n`)
  t.equal(scan.found, A)
  // Cut anywhere, also where a piece of a very long line ends.
  for (let at = 0; at < 64; at++) {
    const long = `${P}${'z '.repeat(32 * 1024 - 60 + at)}${A} `
    t.equal(scanned([long, 'end\n']).found, A, `after ${at}`)
  }
})

t.test('hostile lines take no time to speak of', async (t) => {
  const began = Date.now()
  for (const text of [
    'tracking URL: ',
    'of application ',
    'application_',
    'application_1_',
    '1-'
  ]) {
    scanned([`${P}${text.repeat(100_000)}\n`, `${text.repeat(100_000)}application_1_1\n`])
  }
  // A dump in hexadecimal: one word of half a megabyte, and the piece does not end with it.
  scanned([`${P}${'a0'.repeat(250_000)}=`, '\n'])
  t.ok(Date.now() - began < 2000, `${Date.now() - began} ms`)
})

t.test('what a log says of an id: submitted, named, both spellings', async (t) => {
  const scan = scanned([`${P}Submitted application ${A}\n${P}see ${B}\n`])
  t.same(scan.started, [A])
  t.ok(scan.names('application_1592537240488_75'), 'unpadded is the same application')
  t.ok(scan.names(B))
  t.notOk(scan.names('application_1592537240488_0077'))
})
