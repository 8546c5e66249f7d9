import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** A recorded stream of a real launcher. */
export function recording(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
}

/** What differs from run to run, and from machine to machine. */
const RULES: [RegExp, string][] = [
  [/^\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d /gm, ''],
  [/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} /gm, ''],
  [/application_\d+_\d+/g, 'application_ID'],
  [/[\w.]+\/[\d.]+:8032/g, 'RM'],
  [/http:\/\/(rm\.example|127\.0\.0\.1):\d+/g, 'http://RM'],
  [/file:\S*\//g, 'file:/'],
  [/Local jar \S*\//g, 'Local jar /'],
  [/jar:file:\/\S+!/g, 'jar:file:/JAR!'],
  [/directory( at)? \/\S+/g, 'directory DIR'],
  [new RegExp(`\\b(nm1\\.example|10\\.0\\.0\\.5|127\\.0\\.0\\.1|${hostname()})\\b`, 'g'), 'HOST'],
  [/(HOST):\d+/g, '$1:PORT'],
  [/on port \d+/g, 'on port PORT'],
  [/driver, HOST, \d+|1, HOST, \d+/g, 'HOST, PORT'],
  [/start time: \d+|timestamp \d+|RPC port: \d+/g, 'NUMBER'],
  [/\d+(\.\d+)? Mi?B/g, 'SIZE'],
  [/__spark_conf__\d+/g, '__spark_conf__N'],
  [/JobID [0-9a-f]{32}/g, 'JobID HEX'],
  [/(killed by user \w+) at HOST/g, '$1'],
  [/(does not exist. Available queues: ).*/g, '$1'],
  [/Runtime: \d+ ms/g, 'Runtime: N ms'],
  [
    /diagnostics: (AM container is launched|\[.*Application is (Activated|added)).*/g,
    'diagnostics: waiting'
  ]
]

/** Lines that the recorded jobs caused; the stand-ins have other jobs. */
const OF_THE_JOB =
  /^(INFO |WARN )?(DAGScheduler|TaskSetManager|YarnScheduler|MemoryStore: Block|BlockManagerInfo|CodeGenerator|MapOutputTrackerMasterEndpoint: Asked|SharedState|SparkContext: (Created|Starting)|CheckpointFileManager|MicroBatchExecution|OffsetSeqLog|RateStream|StateStore|ResolveWrite|WriteToData|ServerInfo: Adding filter to \/(SQL|static\/sql|StreamingQuery)|ShutdownHookManager: Deleting|Executing example|Use --input|Printing result)/

/** Lines of an output with all that may differ made equal. */
export function comparable(text: string): string[] {
  let equal = text
  for (const [pattern, replacement] of RULES) equal = equal.replace(pattern, replacement)
  return equal.split('\n').filter((line) => !OF_THE_JOB.test(line))
}
