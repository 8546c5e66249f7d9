import type { KnownCause } from './known-cause.ts'

/** Files, directories, HDFS and who may use them. Texts of HDFS: FSNamesystem, FSPermissionChecker, StandbyException. */
export const STORAGE_CAUSES: readonly KnownCause[] = [
  {
    code: 'KERBEROS_REQUIRED',
    in: ['launcher', 'log', 'end'],
    marks: [
      'SIMPLE authentication is not enabled',
      'GSS initiate failed',
      'Client cannot authenticate via'
    ],
    pattern:
      /SIMPLE authentication is not enabled|GSS initiate failed|Client cannot authenticate via:\s?\[.{0,40}KERBEROS/,
    sentence: 'The cluster wants Kerberos, which launchers are not given.',
    advice: 'Give the launcher a ticket or a keytab, or ask whoever runs the cluster.',
    rank: 1,
    bare: true
  },
  {
    code: 'TOKEN_EXPIRED',
    in: ['launcher', 'log', 'end'],
    marks: ["can't be found in cache", 'is expired', 'InvalidToken'],
    pattern: /InvalidToken\)?: .{0,200}?(?:can't be found in cache|is expired)/,
    sentence: 'A delegation token of the job has ended: it ran for longer than tokens last.',
    advice: 'Run it with a keytab (spark.kerberos.keytab, security.kerberos.login.keytab).',
    rank: 1
  },
  {
    code: 'HDFS_SAFE_MODE',
    in: ['launcher', 'log', 'end'],
    marks: ['Name node is in safe mode', 'SafeModeException'],
    pattern: /(?:Cannot ([a-z][^.]{1,200})\. )?Name node is in safe mode/,
    sentence: 'HDFS is in safe mode and takes no changes.',
    advice:
      'Wait until enough DataNodes have reported, or ask whoever runs HDFS (hdfs dfsadmin -safemode get).',
    rank: 1,
    bare: true
  },
  {
    code: 'NAMENODE_STANDBY',
    in: ['launcher', 'log', 'end'],
    marks: ['is not supported in state standby'],
    pattern: /Operation category (\w{1,20}) is not supported in state standby/,
    sentence: 'The NameNode that the job asked is not the active one.',
    advice: 'Name the HDFS service (fs.defaultFS, dfs.nameservices) instead of one host.',
    rank: 1,
    bare: true
  },
  {
    code: 'PERMISSION_DENIED',
    in: ['launcher', 'log', 'end'],
    marks: ['Permission denied: user='],
    pattern: /Permission denied: user=([^,\s]{1,100}), access=(\w{1,20}), inode="([^"]{1,300})"/,
    sentence: 'HDFS does not let $1 have $2 access to $3.',
    advice: 'Ask its owner for access, or use another directory.',
    rank: 1,
    bare: true
  },
  {
    code: 'PERMISSION_DENIED',
    in: ['launcher', 'log', 'end'],
    marks: ['Permission denied'],
    pattern:
      /(?:FileNotFoundException: |AccessDeniedException: |Cannot run program ")(\S{1,300}?)"?(?: \(Permission denied\)|.{0,60}error=13, Permission denied)|PermissionError: \[Errno 13\] Permission denied: '([^']{1,300})'/,
    sentence: 'The user that runs it may not use $1$2.',
    advice: 'Check owner and mode of that path on the host that says so.',
    rank: 1
  },
  {
    code: 'QUOTA_EXCEEDED',
    in: ['launcher', 'log', 'end'],
    marks: [' quota '],
    pattern:
      /The (?:DiskSpace|NameSpace) quota (?:\([^)]{1,60}\) )?of (?:directory )?(\S{1,300}) is exceeded: ?(.{1,160})/,
    sentence: 'The quota of $1 in HDFS is used up: $2',
    advice: 'Remove what is not needed there, or have the quota raised.',
    rank: 1,
    bare: true
  },
  {
    code: 'DISK_FULL',
    in: ['launcher', 'log', 'end'],
    marks: [
      'No space left on device',
      'could only be',
      'No space available in any of the local directories'
    ],
    pattern:
      /(No space left on device|No space available in any of the local directories|could only be (?:replicated|written) to 0 .{0,100})/,
    sentence: 'There is no room left on a disk: $1',
    advice: 'Make room on the host that says so, or in HDFS.',
    rank: 1,
    bare: true
  },
  {
    code: 'PATH_EXISTS',
    in: ['launcher', 'log', 'end'],
    marks: ['PATH_ALREADY_EXISTS', 'already exists'],
    pattern:
      /(?:\[PATH_ALREADY_EXISTS\] Path |AnalysisException: path |FileAlreadyExistsException: Output directory )(\S{1,300}) already exists/,
    sentence: 'The job writes to $1, which is there already.',
    advice: 'Write to another path, or let it overwrite (mode overwrite, append).',
    rank: 1
  },
  {
    code: 'FILE_MISSING',
    in: ['launcher', 'log', 'end'],
    marks: [
      'FileNotFoundException',
      'Path does not exist',
      'NoSuchFileException',
      'Input path does not exist',
      'No such file or directory: '
    ],
    pattern:
      /FileNotFoundException: (?:File )?(.{1,300}?) (?:does not exist|\(No such file)|Path does not exist: (\S{1,300}?)\.?(?:[\s;]|$)|FileNotFoundError: \[Errno 2\] No such file or directory: '([^']{1,300})'|Input path does not exist: (\S{1,300})|The provided file path (\S{1,300}) does not exist/,
    sentence: 'The launcher found no file $1$2$3$4$5.',
    fullSentence: 'There is no file $1$2$3$4$5.',
    advice: 'Check the path, and that it is there for the user that runs the job.',
    rank: 1,
    bare: true
  },
  {
    code: 'FILE_MISSING',
    in: ['log', 'end'],
    marks: ['NoSuchFileException: ', 'File does not exist: '],
    pattern: /(?:NoSuchFileException: |FileNotFoundException: File does not exist: )(\S{1,300})/,
    sentence: 'There is no file $1.',
    advice: 'Check the path, and that it is there for the user that runs the job.',
    rank: 1
  }
]
