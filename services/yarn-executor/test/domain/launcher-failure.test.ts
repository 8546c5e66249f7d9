import t from 'tap'
import {
  findFatalError,
  findLauncherFailure,
  withoutReason
} from '../../src/domain/launcher-failure.ts'
import { recording } from '../support/recordings.ts'

t.test('the reason that recorded launchers give', async (t) => {
  const recorded: Record<string, [code: string, sentence: string | RegExp]> = {
    'wd-noconf': ['CONFIG_NOT_READ', 'The launcher could not read or parse the config file.'],
    'spark-cluster-bad-queue': ['UNKNOWN_QUEUE', 'YARN has no queue nope.'],
    'flink-bad-queue': ['UNKNOWN_QUEUE', 'YARN has no queue nope.'],
    'flink-missing-jar': ['JAR_MISSING', 'The launcher found no JAR file nope.jar.'],
    'spark-missing-file': [
      'FILE_MISSING',
      'The launcher found no file file:/opt/engines/jobs/nope.py.'
    ],
    'flink-perjob-deploy-failed': ['DEPLOYMENT_FAILED', /failed 1 times \(global limit =2/],
    'flink-sigterm-accepted': ['APPLICATION_KILLED', 'The application was killed on YARN.'],
    'spark-client-killed-by-rm': ['APPLICATION_KILLED', 'The application was killed on YARN.'],
    'spark-cluster-killed-by-rm': ['APPLICATION_KILLED', 'The application was killed on YARN.'],
    'spark-cluster-fail': ['APPLICATION_FAILED', 'The application failed on YARN.'],
    'spark-client-fail': ['JOB_FAILED', 'The job failed with a Python exception.'],
    'flink-perjob-attached-killed': ['JOB_FAILED', 'The job failed.']
  }
  for (const [name, [code, sentence]] of Object.entries(recorded)) {
    const failure = findLauncherFailure(recording(name).all)
    t.match(failure, { code, sentence }, name)
    const lines = failure?.lines ?? []
    t.ok(lines.length > 0 && lines.length <= 12, `${name}: ${lines.length} lines`)
    t.notOk(
      lines.some((line) => /^\s+at /.test(line)),
      'no stack'
    )
  }
  const python = findLauncherFailure(recording('spark-client-fail').all)
  t.ok(python?.lines.includes('RuntimeError: boom'))
})

t.test('a launcher that succeeded gives none, whatever else it prints', async (t) => {
  for (const name of [
    'spark-client-ok',
    'spark-cluster-ok',
    'spark-cluster-nowait',
    'flink-perjob-attached-ok',
    'flink-perjob-detached-ok',
    'wd-spark-client',
    'wd-spark-cluster',
    'wd-flink'
  ]) {
    t.equal(findLauncherFailure(recording(name).all), undefined, name)
  }
})

t.test('texts that were not recorded', async (t) => {
  const texts: [string, string][] = [
    [
      'INFO Client: Retrying connect to server: rm.example/10.0.0.1:8032. Already tried 0 time(s)',
      'RM_UNREACHABLE'
    ],
    [
      'java.net.ConnectException: Call From a/1 to b:8032 failed on connection exception: x',
      'RM_UNREACHABLE'
    ],
    [
      '/opt/wd/bin/start.sh: line 97: /opt/spark/bin/spark-submit: No such file or directory',
      'PROGRAM_MISSING'
    ],
    ['/opt/wd/bin/utils/app.sh: line 20: java: command not found', 'PROGRAM_MISSING'],
    ['JAVA_HOME is not set', 'JAVA_MISSING'],
    ['Error: Missing option --master', 'ARGUMENTS_REFUSED'],
    ['Plugin[Kafka] contains invalid config, error: please specify [topics]', 'PLUGIN_CONFIG'],
    ['Config Error:', 'CONFIG_ERROR'],
    ['Fatal Error, ', 'JOB_FAILED'],
    ['[ERROR] failed to compress plugins.tar.gz in cluster mode', 'PLUGINS_NOT_PACKED'],
    [
      'Exception in thread "main" org.apache.spark.SparkException: When running with master \'yarn\' either HADOOP_CONF_DIR or YARN_CONF_DIR must be set in the environment.',
      'HADOOP_CONF_MISSING'
    ],
    [
      'Caused by: SIMPLE authentication is not enabled.  Available:[TOKEN, KERBEROS]',
      'KERBEROS_REQUIRED'
    ],
    ['Exception in thread "main" java.lang.OutOfMemoryError', 'JOB_FAILED']
  ]
  for (const [text, code] of texts) t.equal(findLauncherFailure(['', text])?.code, code, text)
  t.equal(findLauncherFailure(['grep: /nope.conf: No such file or directory']), undefined)
  t.equal(findLauncherFailure([]), undefined)
})

t.test('a long line and a hostile one stay bounded', async (t) => {
  const begun = performance.now()
  const failure = findLauncherFailure([
    `${'a'.repeat(16_000)}: No such file`,
    'Failed to submit application_1_0001 to YARN : $1 $2 $$ '.padEnd(16_000, '$1')
  ])
  t.ok(performance.now() - begun < 1000)
  t.ok((failure?.sentence.length ?? 9999) < 400 && (failure?.lines[0]?.length ?? 9999) <= 500)
})

t.test(
  'a fatal error is what the job itself says, and no line that only looks like one',
  async (t) => {
    for (const text of [
      'Fatal Error, ',
      'Config Error:',
      '[INFO] spark conf: [ERROR] config file does not exists or cannot be parsed due to invalid'
    ]) {
      t.ok(findFatalError(['one line', text, '', 'Reason: boom']), text)
    }
    const swallowed = findFatalError(['Fatal Error, ', '', 'Reason: boom ', '', 'after'])
    t.match(swallowed, { code: 'JOB_FAILED', lines: ['Fatal Error, ', 'Reason: boom ', 'after'] })
    for (const text of [
      'INFO Client: Retrying connect to server: rm.example/10.0.0.1:8032. Already tried 0 time(s)',
      'java.io.FileNotFoundException: /tmp/x does not exist',
      'Exception in thread "Thread-3" java.lang.IllegalStateException: Trying to access closed classloader',
      'Exception in thread "main" java.lang.OutOfMemoryError',
      'Traceback (most recent call last):',
      ' Fatal Error, in a row of data',
      ''
    ]) {
      t.equal(findFatalError([text]), undefined, text)
    }
    for (const name of ['flink-perjob-attached-ok', 'spark-client-fail', 'flink-bad-queue']) {
      t.equal(findFatalError(recording(name).all), undefined, name)
    }
  }
)

t.test('success without an application has a reason of its own', async (t) => {
  t.equal(withoutReason({ kind: 'exited', code: 0 }).code, 'SUCCESS_WITHOUT_APPLICATION')
  for (const exit of [
    { kind: 'exited', code: 1 },
    { kind: 'signalled', signal: 'SIGKILL' },
    { kind: 'unknown', reason: 'why' },
    undefined
  ] as const) {
    t.equal(withoutReason(exit).code, 'NO_APPLICATION')
  }
})
