import type { LauncherExit, LauncherFailure } from './launching.ts'

type Reason = Readonly<{
  code: string
  pattern: RegExp
  /** `$1` and so on are the pattern's groups. */
  sentence: string
  /** Lines after the match that belong to it. */
  following?: number
  /** The job's own word that it failed, which it prints and then ends with 0 (waterdrop.md §1.2). */
  swallowed?: true
}>

const MAX_LINES = 12
const MAX_LINE_CHARACTERS = 500

/**
 * What launchers print when they fail, the particular before the general: a refused queue also shows as a failed
 * deployment. Texts: recordings of Spark 3.3/3.5, Flink 1.15/1.20 and the 2.0.4 scripts (waterdrop.md §1.2–1.4,
 * yarn.md §9, engines.md §6); those marked [lib] are the programs' own, not recorded.
 */
const REASONS: readonly Reason[] = [
  {
    code: 'CONFIG_NOT_READ',
    pattern: /\[ERROR\] config file does not exists? or cannot be parsed/,
    sentence: 'The launcher could not read or parse the config file.',
    swallowed: true
  },
  {
    code: 'PLUGINS_NOT_PACKED',
    pattern: /\[ERROR\] failed to compress plugins\.tar\.gz/,
    sentence:
      'The launcher could not write plugins.tar.gz into its own home, which cluster mode needs.'
  },
  {
    code: 'UNKNOWN_QUEUE',
    pattern: /unknown queue: ?([^\s,;"']{1,200})/,
    sentence: 'YARN has no queue $1.'
  },
  {
    code: 'SUBMISSION_REFUSED',
    pattern: /Failed to submit application_\d+_\d+ to YARN : (.{1,300})/,
    sentence: 'The ResourceManager refused the application: $1'
  },
  {
    code: 'RM_UNREACHABLE',
    pattern:
      /Retrying connect to server: |Call From \S+ to \S+ failed on (?:connection exception|socket timeout)|Failed to connect to server: /,
    sentence: 'The launcher could not reach the ResourceManager.'
  },
  {
    code: 'KERBEROS_REQUIRED',
    pattern: /SIMPLE authentication is not enabled|GSS initiate failed/,
    sentence: 'The cluster wants Kerberos, which launchers are not given.'
  },
  {
    code: 'HADOOP_CONF_MISSING',
    pattern: /either HADOOP_CONF_DIR or YARN_CONF_DIR must be set/,
    sentence: 'The launcher has no Hadoop configuration: HADOOP_CONF_DIR is not set.'
  },
  {
    code: 'JAR_MISSING',
    pattern: /JAR file does not exist: (\S{1,300})/,
    sentence: 'The launcher found no JAR file $1.'
  },
  {
    code: 'FILE_MISSING',
    pattern: /FileNotFoundException: (?:File )?(.{1,300}?) (?:does not exist|\(No such file)/,
    sentence: 'The launcher found no file $1.'
  },
  {
    code: 'PROGRAM_MISSING',
    pattern:
      /(\S{0,300}(?:\/bin\/|\b)(?:spark-submit|flink|java|bash)): (?:No such file or directory|command not found|not found)$/,
    sentence: 'The launcher could not start $1: it is not there.'
  },
  {
    code: 'JAVA_MISSING',
    pattern: /JAVA_HOME is not set|Please specify JAVA_HOME/,
    sentence: 'The launcher found no Java: JAVA_HOME is not set.'
  },
  {
    code: 'ARGUMENTS_REFUSED',
    pattern:
      /Error: (?:Missing option .{1,100}|Unknown (?:option|argument) .{1,100}|The following option.{1,100})/,
    sentence: 'The launcher did not accept its arguments.'
  },
  {
    code: 'PLUGIN_CONFIG',
    pattern: /Plugin\[(.{1,200}?)\] contains invalid config, error: (.{1,300})/,
    sentence: 'The plugin $1 does not accept its settings: $2'
  },
  {
    code: 'CONFIG_ERROR',
    pattern: /^Config Error:/,
    sentence: 'The job did not accept its config.',
    following: 6,
    swallowed: true
  },
  {
    code: 'JOB_FAILED',
    pattern: /^Fatal Error,/,
    sentence: 'The job ended with a fatal error.',
    following: 6,
    swallowed: true
  },
  {
    code: 'APPLICATION_KILLED',
    pattern:
      /Application application_\d+_\d+ (?:was killed by|is killed)|(?:exited unexpectedly with|switched to) state KILLED/,
    sentence: 'The application was killed on YARN.'
  },
  {
    code: 'DEPLOYMENT_FAILED',
    pattern: /Diagnostics from YARN: (.{1,300})/,
    sentence: 'The Flink cluster could not be deployed on YARN: $1'
  },
  {
    code: 'DEPLOYMENT_FAILED',
    pattern: /Could not deploy Yarn (?:job|session|application) cluster/i,
    sentence: 'The Flink cluster could not be deployed on YARN.'
  },
  {
    code: 'APPLICATION_FAILED',
    pattern:
      /Application application_\d+_\d+ finished with (?:failed status|status: FAILED)|exited unexpectedly with state FAILED/,
    sentence: 'The application failed on YARN.'
  },
  {
    code: 'JOB_FAILED',
    pattern: /^Exception in thread "main" (.{1,300})/,
    sentence: 'The job failed: $1',
    following: 2
  },
  {
    code: 'JOB_FAILED',
    pattern: /^Traceback \(most recent call last\):/,
    sentence: 'The job failed with a Python exception.',
    following: 11
  },
  {
    code: 'JOB_FAILED',
    pattern: /^\s*The program finished with the following exception:/,
    sentence: 'The job failed.',
    following: 4
  }
]

/**
 * The reason that a launcher's output gives for its failure; undefined when it holds none that is known. "Exception"
 * alone is no reason: Flink prints one after success too.
 */
export function findLauncherFailure(lines: readonly string[]): LauncherFailure | undefined {
  return findFirst(REASONS, lines)
}

const SWALLOWED = REASONS.filter(({ swallowed }) => swallowed)

/**
 * A fatal error that the job itself tells of, which stands whatever its exit status is; undefined when there is none. A
 * job that prints such a line as its data is taken for failed: better that than the other way round.
 */
export function findFatalError(lines: readonly string[]): LauncherFailure | undefined {
  return findFirst(SWALLOWED, lines)
}

/** The reason of a launcher that ended without an application, and whose output holds none that is known. */
export function withoutReason(
  exit: LauncherExit | undefined
): Pick<LauncherFailure, 'code' | 'sentence'> {
  if (exit?.kind !== 'exited' || exit.code !== 0) {
    return { code: 'NO_APPLICATION', sentence: 'the launcher ended without an application' }
  }
  return {
    code: 'SUCCESS_WITHOUT_APPLICATION',
    sentence: 'the launcher ended with exit code 0, as after a success, but without an application'
  }
}

function findFirst(
  reasons: readonly Reason[],
  lines: readonly string[]
): LauncherFailure | undefined {
  for (const { code, pattern, sentence, following = 0 } of reasons) {
    const index = lines.findIndex((line) => pattern.test(line))
    if (index < 0) continue
    const match = pattern.exec(lines[index] as string) ?? []
    return {
      code,
      sentence: sentence.replace(/\$(\d)/g, (_, group) => (match[Number(group)] ?? '').trim()),
      lines: relevantLines(lines, index, following)
    }
  }
  return undefined
}

/** The matching line, what belongs to it, and the causes named further down. */
function relevantLines(lines: readonly string[], index: number, following: number): string[] {
  const own = lines.slice(index, index + 1 + following)
  const causes = lines.slice(index + 1 + following).filter((line) => line.startsWith('Caused by: '))
  return [...own, ...causes]
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
    .slice(0, MAX_LINES)
    .map((line) => line.slice(0, MAX_LINE_CHARACTERS))
}
