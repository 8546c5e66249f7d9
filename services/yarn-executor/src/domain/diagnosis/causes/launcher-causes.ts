import type { KnownCause } from './known-cause.ts'

/**
 * What launchers print when they cannot start anything. Texts: recordings of Spark 3.3/3.5, Flink 1.15/1.20 and the 2.0.4
 * scripts (waterdrop.md §1.2–1.4, yarn.md §9, engines.md §6).
 */
export const LAUNCHER_CAUSES: readonly KnownCause[] = [
  {
    code: 'CONFIG_NOT_READ',
    in: ['launcher', 'log'],
    marks: ['[ERROR] config file'],
    pattern: /\[ERROR\] config file does not exists? or cannot be parsed/,
    sentence: 'The launcher could not read or parse the config file.',
    advice: 'Check the config before it runs: POST /executor/v2/jobs/check says line and column.',
    swallowed: true,
    rank: 1,
    bare: true
  },
  {
    code: 'PLUGINS_NOT_PACKED',
    in: ['launcher', 'log'],
    marks: ['failed to compress plugins'],
    pattern: /\[ERROR\] failed to compress plugins\.tar\.gz/,
    sentence:
      'The launcher could not write plugins.tar.gz into its own home, which cluster mode needs.',
    advice: 'Give the user of this service write access to the launcher’s home, and look for room.',
    rank: 1,
    bare: true
  },
  {
    code: 'HADOOP_CONF_MISSING',
    in: ['launcher', 'log'],
    marks: ['HADOOP_CONF_DIR'],
    pattern: /either HADOOP_CONF_DIR or YARN_CONF_DIR must be set/,
    sentence: 'The launcher has no Hadoop configuration: HADOOP_CONF_DIR is not set.',
    advice: 'Set HADOOP_CONF_DIR for this service.',
    rank: 1,
    bare: true
  },
  {
    code: 'CLASS_MISSING',
    in: ['launcher', 'log'],
    marks: ['Failed to load class', 'does not find an entry point', 'was not found in the jar'],
    pattern:
      /Error: Failed to load class (\S{1,200}?)\.?$|The program's entry point class '([^']{1,200})' was not found in the jar file/,
    sentence: 'The JAR file has no class $1$2.',
    advice: 'Check the name of the main class, and that the JAR file is the right one.',
    rank: 1,
    bare: true
  },
  {
    code: 'JAR_MISSING',
    in: ['launcher', 'log'],
    marks: ['JAR file does not exist'],
    pattern: /JAR file does not exist: (\S{1,300})/,
    sentence: 'The launcher found no JAR file $1.',
    advice: 'Check the path of the JAR file on the executor’s host.',
    rank: 1,
    bare: true
  },
  {
    code: 'PROGRAM_MISSING',
    in: ['launcher', 'log', 'end'],
    marks: ['No such file or directory', 'not found'],
    pattern:
      /(\S{0,300}(?:\/bin\/|\b)(?:spark-submit|flink|java|bash)): (?:No such file or directory|command not found|not found)$/,
    sentence: 'The launcher could not start $1: it is not there.',
    advice: 'Check SPARK_HOME, FLINK_HOME and JAVA_HOME on the host that says so.',
    rank: 1,
    bare: true
  },
  {
    code: 'JAVA_MISSING',
    in: ['launcher', 'log'],
    marks: ['JAVA_HOME'],
    pattern: /JAVA_HOME is not set|Please specify JAVA_HOME/,
    sentence: 'The launcher found no Java: JAVA_HOME is not set.',
    advice: 'Set JAVA_HOME for this service.',
    rank: 1,
    bare: true
  },
  {
    code: 'ARGUMENTS_REFUSED',
    in: ['launcher', 'log'],
    marks: ['Error: Missing option', 'Error: Unknown ', 'Error: The following option'],
    pattern:
      /Error: (?:Missing option .{1,100}|Unknown (?:option|argument) .{1,100}|The following option.{1,100})/,
    sentence: 'The launcher did not accept its arguments.',
    advice: 'Check that the profile fits the installed version of the launcher.',
    rank: 1,
    bare: true
  },
  {
    code: 'SUBMISSION_REFUSED',
    in: ['launcher', 'log'],
    marks: ['to YARN : '],
    pattern: /Failed to submit application_\d+_\d+ to YARN : (.{1,300})/,
    sentence: 'The ResourceManager refused the application: $1',
    advice: 'Its words say what it did not like.',
    rank: 2
  },
  {
    code: 'APPLICATION_KILLED',
    in: ['launcher', 'log'],
    marks: ['was killed by', 'is killed', 'state KILLED'],
    pattern:
      /Application application_\d+_\d+ (?:was killed by|is killed)|(?:exited unexpectedly with|switched to) state KILLED/,
    sentence: 'The application was killed on YARN.',
    advice: 'Ask whoever has killed it.',
    rank: 2,
    bare: true
  },
  {
    code: 'DEPLOYMENT_FAILED',
    in: ['launcher', 'log'],
    marks: ['Diagnostics from YARN: '],
    pattern: /Diagnostics from YARN: (.{1,300})/,
    sentence: 'The Flink cluster could not be deployed on YARN: $1',
    advice: 'The log of its ApplicationMaster says more.',
    rank: 3,
    bare: true
  },
  {
    code: 'DEPLOYMENT_FAILED',
    in: ['launcher', 'log'],
    marks: ['Could not deploy Yarn'],
    pattern: /Could not deploy Yarn (?:job|session|application) cluster/i,
    sentence: 'The Flink cluster could not be deployed on YARN.',
    advice: 'The log of its ApplicationMaster says more.',
    rank: 3,
    bare: true
  },
  {
    code: 'APPLICATION_FAILED',
    in: ['launcher', 'log'],
    marks: ['finished with failed status', 'status: FAILED', 'state FAILED'],
    pattern:
      /Application application_\d+_\d+ finished with (?:failed status|status: FAILED)|exited unexpectedly with state FAILED/,
    sentence: 'The application failed on YARN.',
    advice: 'The log of its ApplicationMaster says more.',
    rank: 4,
    bare: true
  }
]
