import type { KnownCause } from './known-cause.ts'

/**
 * Other systems that are away, or do not know the job. Of rank 2 where the same text also follows when a cluster falls
 * apart.
 */
export const NETWORK_CAUSES: readonly KnownCause[] = [
  {
    code: 'DATABASE_LOGIN',
    in: ['log', 'end'],
    marks: [
      'password authentication failed',
      'Access denied for user',
      'ORA-01017',
      'Login failed for user',
      'Authentication failed',
      'AuthenticationException',
      'SaslAuthenticationException',
      'no pg_hba.conf entry',
      'MongoSecurityException'
    ],
    pattern:
      /(password authentication failed for user "[^"]{1,100}"|Access denied for user '[^']{0,100}'@'[^']{0,100}'|ORA-01017.{0,80}|Login failed for user '[^']{1,100}'|no pg_hba\.conf entry for .{1,120}|SaslAuthenticationException: .{1,150}|MongoSecurityException: .{1,100})/,
    sentence: 'A system that the job uses does not let it in: $1',
    advice: 'Check user, password and rights in the config.',
    rank: 1
  },
  {
    code: 'NAMENODE_UNREACHABLE',
    in: ['launcher', 'log', 'end'],
    marks: ['Call From '],
    pattern: /Call From \S{1,200} to (\S{1,200}) failed on (?:connection exception|socket timeout)/,
    within: /org\.apache\.hadoop\.hdfs\./,
    sentence: 'HDFS does not answer: nothing is at $1.',
    advice: 'Check fs.defaultFS and the address in the config, and that the NameNode runs.',
    rank: 1
  },
  {
    code: 'RM_UNREACHABLE',
    in: ['launcher', 'log'],
    marks: ['Retrying connect to server: ', 'Call From ', 'Failed to connect to server: '],
    pattern:
      /Retrying connect to server: |Call From \S+ to \S+ failed on (?:connection exception|socket timeout)|Failed to connect to server: /,
    sentence: 'The launcher could not reach the ResourceManager.',
    advice: 'Check that the ResourceManager runs, and HADOOP_CONF_DIR.',
    rank: 2,
    bare: true
  },
  {
    code: 'UNKNOWN_HOST',
    in: ['log', 'end'],
    marks: [
      'UnknownHostException',
      'Name or service not known',
      'Temporary failure in name resolution',
      'could not be resolved'
    ],
    pattern:
      /UnknownHostException: ([\w.:-]{1,255})|(?<![\w.-])([\w.-]{1,255}): (?:Name or service not known|Temporary failure in name resolution)/,
    sentence: 'The name of a host cannot be resolved: $1$2.',
    advice: 'Check its spelling in the config, and the name service of the nodes.',
    rank: 2
  },
  {
    code: 'CLUSTER_GONE',
    in: ['log'],
    marks: ['AnnotatedConnectException', 'Failed to connect to /', 'Connection from /'],
    pattern:
      /AnnotatedConnectException: .{0,80}Connection refused|java\.io\.IOException: (?:Failed to connect to|Connection from) /,
    sentence: 'A part of the job has lost the others.',
    advice: 'What ended before it is the cause: look further up in its logs.',
    rank: 3,
    endsChain: true
  },
  {
    code: 'CONNECTION_REFUSED',
    in: ['log', 'end'],
    marks: [
      'Connection refused',
      'Connection to ',
      'Communications link failure',
      'The Network Adapter could not establish',
      'ConnectionRefusedError'
    ],
    pattern:
      /((?<!Annotated)ConnectException: .{0,100}?Connection refused.{0,100}|Connection to \S{1,200} refused\.|Communications link failure|The Network Adapter could not establish the connection|ConnectionRefusedError: .{1,100})/,
    sentence: 'A system that the job uses does not answer: $1',
    advice: 'Check its address in the config, that it runs, and that the nodes may reach it.',
    rank: 2
  },
  {
    code: 'CONNECTION_TIMEOUT',
    in: ['log', 'end'],
    marks: ['timed out', 'TimeoutException', 'Timed out'],
    pattern:
      /(SocketTimeoutException: .{1,120}|ConnectTimeoutException: .{1,120}|ConnectException: .{0,40}Connection timed out.{0,80}|kafka\.common\.errors\.TimeoutException: .{1,150}|NoRouteToHostException: .{1,80})/,
    sentence: 'A system that the job uses does not answer in time: $1',
    advice: 'Check its address in the config, that it runs, and that the nodes may reach it.',
    rank: 2
  },
  {
    code: 'PORT_IN_USE',
    in: ['launcher', 'log', 'end'],
    marks: ['retries'],
    pattern: /Service '(\w{1,60})' failed after (\d{1,6}) retries(?: \(starting from (\d{1,6})\))?/,
    sentence: 'The port $3 of $1 is in use, and so were the next $2.',
    advice: 'Let it take any port (spark.ui.port=0), or raise spark.port.maxRetries.',
    rank: 1,
    bare: true
  },
  {
    code: 'PORT_IN_USE',
    in: ['launcher', 'log', 'end'],
    marks: ['Address already in use', 'Could not start rest endpoint on any port'],
    pattern:
      /BindException: (?:.{0,60}Address already in use.{0,60}|Could not start rest endpoint on any port in port range (\S{1,40}))/,
    sentence: 'A port that the job listens on is in use.',
    advice: 'Let it take any port, or find out who holds it.',
    rank: 2
  }
]
