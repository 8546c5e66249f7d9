import type { KnownCause } from './known-cause.ts'

/** Programs and plugins that are not there, are of another version, or refuse what they were given. */
export const PROGRAM_CAUSES: readonly KnownCause[] = [
  {
    code: 'PLUGIN_MISSING',
    in: ['launcher', 'log', 'end'],
    marks: ['Plugin class not found by name', 'Plugin PluginIdentifier', 'Factory with factory id'],
    pattern:
      /Plugin class not found by name :\[([^\]]{1,200})\]|Plugin PluginIdentifier\{[^}]{0,200}?pluginName='([^']{1,200})'[^}]{0,100}\} not found/,
    sentence: 'The launcher has no plugin $1$2.',
    advice:
      'Check the plugin’s spelling in the config, and that its JAR file is among the launcher’s plugins or connectors.',
    rank: 1,
    bare: true
  },
  {
    code: 'PLUGIN_CONFIG',
    in: ['launcher', 'log', 'end'],
    marks: ['contains invalid config, error: '],
    pattern: /Plugin\[(.{1,200}?)\] contains invalid config, error: (.{1,300})/,
    sentence: 'The plugin $1 does not accept its settings: $2',
    advice: 'Mend that block of the config.',
    rank: 1,
    bare: true
  },
  {
    code: 'PLUGIN_CONFIG',
    in: ['launcher', 'log', 'end'],
    marks: ['ErrorCode:[API-02]', 'ErrorCode:[API-01]'],
    pattern: /ErrorCode:\[API-0[12]\], ErrorDescription:\[[^\]]{1,200}\](?: - (.{1,300}))?/,
    sentence: 'A plugin does not accept its settings: $1',
    advice: 'Mend that block of the config.',
    rank: 1
  },
  {
    code: 'CONFIG_SYNTAX',
    in: ['launcher', 'log', 'end'],
    marks: ['ConfigException$Parse', 'ConfigException$UnresolvedSubstitution'],
    pattern:
      /ConfigException\$(?:Parse|UnresolvedSubstitution): (?:\S{0,300}\/)?([^\s/:]{1,200}: \d{1,9}(?:-\d{1,9})?: .{1,300})/,
    sentence: 'The config cannot be read: $1',
    advice: 'Check the config before it runs: POST /executor/v2/jobs/check shows the line.',
    rank: 1,
    bare: true
  },
  {
    code: 'CONFIG_KEY_MISSING',
    in: ['launcher', 'log', 'end'],
    marks: ['ConfigException$Missing', 'No configuration setting found for key'],
    pattern: /No configuration setting found for key '([^']{1,200})'/,
    sentence: 'The config has no $1, which the job wants.',
    advice: 'Add it to the config.',
    rank: 1
  },
  {
    code: 'ENGINE_VERSION',
    in: ['launcher', 'log', 'end'],
    marks: [
      'AbstractMethodError',
      'NoSuchFieldException: runtimeContext',
      'NoSuchMethodError',
      'IncompatibleClassChangeError',
      'NoSuchFieldError'
    ],
    pattern:
      /(AbstractMethodError: .{1,200}|NoSuchFieldException: runtimeContext|NoSuchMethodError: .{1,200}|IncompatibleClassChangeError: .{1,200}|NoSuchFieldError: .{1,200})/,
    sentence: 'The job was built for another version of the engine or of a library: $1',
    advice:
      'Run it on the version that it was built for: SeaTunnel 2.3 wants Spark 3.3 or Flink 1.15 for its Spark 3 and Flink 15 starters.',
    rank: 1
  },
  {
    code: 'JAVA_VERSION',
    in: ['launcher', 'log', 'end'],
    marks: ['UnsupportedClassVersionError', 'cannot access class'],
    pattern:
      /UnsupportedClassVersionError: (\S{1,200}) has been compiled by a more recent version of the Java Runtime|IllegalAccessError: .{0,100}?cannot access class (\S{1,200})/,
    sentence: 'The Java that runs it is of the wrong version for $1$2.',
    advice: 'Check which Java JAVA_HOME names on the host that says so, and on the nodes.',
    rank: 1
  },
  {
    code: 'JDBC_DRIVER_MISSING',
    in: ['launcher', 'log', 'end'],
    marks: ['No suitable driver', 'Driver'],
    pattern:
      /SQLException: (No suitable driver)|ClassNotFoundException: (\S{0,200}(?:jdbc|JDBC)\S{0,100}Driver|\S{0,200}\.Driver|com\.mysql\.\S{1,100})$/,
    sentence: 'The job has no JDBC driver for its database: $1$2.',
    advice:
      'Put the driver’s JAR file where the launcher or engine takes it from, or name it by --jars.',
    rank: 1
  },
  {
    code: 'DATA_SOURCE_MISSING',
    in: ['launcher', 'log', 'end'],
    marks: [
      'Failed to find data source',
      'Failed to find the data source',
      'DATA_SOURCE_NOT_FOUND'
    ],
    pattern: /Failed to find (?:the )?data source: ([^\s.]{1,100}(?:\.[^\s.]{1,100}){0,10})/,
    sentence: 'Spark has no data source $1.',
    advice: 'Add its package to the job (--packages, --jars), or check the spelling.',
    rank: 1
  },
  {
    code: 'CLASS_MISSING',
    in: ['launcher', 'log', 'end'],
    marks: [
      'ClassNotFoundException: ',
      'NoClassDefFoundError: ',
      'could not be loaded due to a linkage failure'
    ],
    pattern:
      /(?:ClassNotFoundException: |NoClassDefFoundError: (?!Could not initialize))([\w.$/]{1,300})/,
    sentence: 'The job has no class $1.',
    advice: 'Its JAR file is missing on the class path, or was built without it.',
    rank: 1
  },
  {
    code: 'PYTHON_VERSION',
    in: ['launcher', 'log', 'end'],
    marks: ['Python in worker has different version'],
    pattern:
      /Python in worker has different version:? (\(?[\d.]{1,10}(?:, ?\d{1,3}\)?)?) than that in driver:? (\S{1,12}?),/,
    sentence: 'The Python of the executors ($1) is not that of the driver ($2).',
    advice: 'Set PYSPARK_PYTHON (spark.pyspark.python) to the same version on all hosts.',
    rank: 1,
    bare: true
  },
  {
    code: 'PYTHON_MISSING',
    in: ['launcher', 'log', 'end'],
    marks: ['Cannot run program'],
    pattern: /Cannot run program "([^"]{0,200}(?:python|conda|pypy)[^"]{0,100})"/,
    sentence: 'There is no Python at $1 on a host of the job.',
    advice: 'Check PYSPARK_PYTHON (spark.pyspark.python) on all hosts.',
    rank: 1
  },
  {
    code: 'PYTHON_MISSING',
    in: ['launcher', 'log', 'end'],
    marks: ['python'],
    pattern:
      /(?:^|[\s'"])(\S{0,200}python[\d.]{0,6})'?: (?:No such file or directory|command not found|not found)$/,
    sentence: 'There is no Python at $1 on a host of the job.',
    advice: 'Check PYSPARK_PYTHON (spark.pyspark.python) on all hosts.',
    rank: 1,
    bare: true
  },
  {
    code: 'PYTHON_MODULE_MISSING',
    in: ['launcher', 'log', 'end'],
    marks: ['No module named '],
    pattern: /(?:ModuleNotFoundError|ImportError): No module named '?([\w.]{1,200})'?/,
    sentence: 'Python has no module $1 on a host of the job.',
    advice: 'Install it on all hosts, or ship it (--py-files, an environment by --archives).',
    rank: 1
  },
  {
    code: 'NOT_SERIALIZABLE',
    in: ['launcher', 'log', 'end'],
    marks: [
      'NotSerializableException',
      'Task not serializable',
      'PicklingError',
      'Could not serialize object',
      'is not serializable'
    ],
    pattern:
      /(NotSerializableException: \S{1,200}|PicklingError: .{1,200}|SparkException: Task not serializable|InvalidProgramException: .{1,150}? is not serializable)/,
    sentence: 'The job sends something to its tasks that cannot be sent: $1',
    advice: 'Make it inside of the task, or leave it out of the function.',
    rank: 1
  },
  {
    code: 'SQL_REFUSED',
    in: ['launcher', 'log', 'end'],
    marks: [
      '[PARSE_',
      '[TABLE_OR_VIEW_NOT_FOUND]',
      '[UNRESOLVED_',
      'Table or view not found',
      'cannot resolve',
      'mismatched input',
      'SQL validation failed',
      'SQL parse failed'
    ],
    pattern:
      /(\[(?:PARSE_\w{1,60}|TABLE_OR_VIEW_NOT_FOUND|UNRESOLVED_[\w.]{1,60})\] .{1,250}|Table or view not found: .{1,150}|cannot resolve '.{1,200}|mismatched input '.{1,100}|SQL (?:validation|parse) failed.{0,200})/,
    sentence: 'A statement of the job was refused: $1',
    advice: 'Check the names of tables and columns, and the spelling.',
    rank: 1,
    bare: true
  }
]
