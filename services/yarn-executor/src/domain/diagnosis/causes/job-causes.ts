import type { KnownCause } from './known-cause.ts'

/** The words of jobs that fail, when nothing says why in a way that is known: they follow from something. */
export const JOB_CAUSES: readonly KnownCause[] = [
  {
    code: 'CONFIG_ERROR',
    in: ['launcher', 'log'],
    marks: ['Config Error:'],
    pattern: /^Config Error:/,
    sentence: 'The job did not accept its config.',
    advice: 'Check the config before it runs: POST /executor/v2/jobs/check says line and column.',
    following: 6,
    swallowed: true,
    rank: 2,
    bare: true
  },
  {
    code: 'JOB_FAILED',
    in: ['launcher', 'log'],
    marks: ['Fatal Error,'],
    pattern: /^Fatal Error,/,
    sentence: 'The job ended with a fatal error.',
    advice: 'Its log says more.',
    following: 6,
    swallowed: true,
    rank: 3,
    bare: true
  },
  {
    code: 'JOB_FAILED',
    in: ['launcher', 'log'],
    marks: ['Exception in thread "main"'],
    // Not the launcher's, which only says that the application failed.
    pattern: /^Exception in thread "main" (?!\S{1,100} Application application_)(.{1,300})/,
    sentence: 'The job failed: $1',
    fullSentence: 'The job failed: $x',
    advice: 'Nothing more is known of this exception; its log says where it was thrown.',
    following: 2,
    rank: 3
  },
  {
    code: 'JOB_FAILED',
    in: ['launcher', 'log'],
    marks: ['Traceback (most recent call last):'],
    pattern: /^Traceback \(most recent call last\):/,
    sentence: 'The job failed with a Python exception.',
    fullSentence: 'The job failed with a Python exception: $x',
    advice: 'Nothing more is known of this exception; its log says where it was thrown.',
    following: 11,
    rank: 3,
    bare: true
  },
  {
    code: 'JOB_FAILED',
    in: ['launcher', 'log'],
    marks: ['The program finished with the following exception:'],
    pattern: /^\s{0,20}The program finished with the following exception:/,
    sentence: 'The job failed.',
    fullSentence: 'The job failed: $x',
    advice: 'Nothing more is known of this exception; its log says where it was thrown.',
    following: 4,
    rank: 3,
    bare: true
  },
  {
    code: 'JOB_FAILED',
    in: ['log', 'end'],
    marks: ['User class threw exception'],
    pattern: /User class threw exception: (.{1,300})/,
    sentence: 'The job failed: $1',
    fullSentence: 'The job failed: $x',
    advice: 'Nothing more is known of this exception; its log says where it was thrown.',
    rank: 3,
    bare: true
  },
  {
    code: 'JOB_FAILED',
    in: ['log', 'end'],
    marks: ['Job failed', 'Job execution failed', 'Application failed unexpectedly'],
    pattern:
      /(?:ProgramInvocationException: Job failed|JobExecutionException: Job execution failed|ApplicationExecutionException: Could not execute application)/,
    sentence: 'The Flink job failed.',
    fullSentence: 'The Flink job failed: $x',
    advice: 'Nothing more is known of this exception; its log says where it was thrown.',
    rank: 3
  },
  {
    code: 'JOB_EXITED',
    in: ['log', 'end'],
    marks: ['User application exited with status'],
    pattern: /User application exited with status (-?\d{1,10})/,
    sentence: 'The driver ended itself with status $1.',
    advice: 'The log of its ApplicationMaster has the driver’s output.',
    rank: 4,
    bare: true
  }
]
