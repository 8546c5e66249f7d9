import type { KnownCause } from './known-cause.ts'

/** What Spark and Flink say of themselves. */
export const ENGINE_CAUSES: readonly KnownCause[] = [
  {
    code: 'FLINK_MEMORY_CONFIG',
    in: ['launcher', 'log', 'end'],
    marks: ['IllegalConfigurationException', 'memory configuration failed'],
    pattern:
      /IllegalConfigurationException: ((?:.{0,200}?)(?:[Mm]emory|exceed|Sum of).{1,250}|(?:JobManager|TaskManager) memory configuration failed: .{1,250})/,
    sentence: 'Flink’s memory settings do not fit together: $1',
    advice: 'Raise the process size, or take out the parts that were set one by one.',
    rank: 1,
    bare: true
  },
  {
    code: 'FLINK_TOO_LARGE',
    in: ['launcher', 'log', 'end'],
    marks: [
      'The cluster does not have the requested resources',
      'maximum allowed',
      'exceed',
      'does not fit'
    ],
    pattern:
      /The cluster does not have the requested resources for the (\w{1,20}) available! ?(.{0,200})/,
    sentence: 'The cluster has no container as large as the $1 that the job asks for: $2',
    advice: 'Ask for less (jobmanager.memory.process.size, taskmanager.memory.process.size).',
    rank: 1,
    bare: true
  },
  {
    code: 'FLINK_NO_SLOTS',
    in: ['launcher', 'log', 'end'],
    marks: ['NoResourceAvailableException'],
    pattern: /NoResourceAvailableException(?:: (.{1,200}))?/,
    sentence: 'Flink got no slots for its tasks: $1',
    advice:
      'Lower the parallelism, raise taskmanager.numberOfTaskSlots, or wait for room on the cluster.',
    rank: 1
  },
  {
    code: 'CHECKPOINTS_FAIL',
    in: ['log', 'end'],
    marks: [
      'Exceeded checkpoint tolerable failure threshold',
      'Checkpoint expired before completing'
    ],
    pattern:
      /Exceeded checkpoint tolerable failure threshold.{0,200}|Checkpoint (?:\d+ of job \w+ )?expired before completing/,
    sentence: 'The checkpoints of the Flink job fail.',
    advice:
      'Look for back pressure and for the directory of the checkpoints; raise execution.checkpointing.timeout.',
    rank: 2,
    bare: true
  },
  {
    code: 'STATE_NOT_RESTORED',
    in: ['launcher', 'log', 'end'],
    marks: [
      'Failed to rollback to checkpoint/savepoint',
      'Could not restore keyed state',
      'Cannot map checkpoint/savepoint state'
    ],
    pattern:
      /(Failed to rollback to checkpoint\/savepoint.{0,250}|Cannot map checkpoint\/savepoint state.{0,200}|Could not restore keyed state backend.{0,150})/,
    sentence: 'Flink could not go on from a savepoint: $1',
    advice: 'Use a savepoint of this very job, or allow that state is left out (-n).',
    rank: 1
  },
  {
    code: 'STREAMING_STATE',
    in: ['log', 'end'],
    marks: ['OffsetOutOfRangeException', 'Cannot fetch offset', 'Some data may have been lost'],
    pattern:
      /(OffsetOutOfRangeException.{0,150}|Some data may have been lost because they are not available in Kafka any more)/,
    sentence: 'The source has thrown away what the job wanted to go on with: $1',
    advice:
      'Set where it begins (startingOffsets, failOnDataLoss), and look at the source’s retention.',
    rank: 1
  },
  {
    code: 'EXECUTORS_FAILED',
    in: ['log', 'end'],
    marks: ['Max number of executor failures'],
    pattern: /Max number of executor failures \((\d{1,6})\) reached/,
    sentence: 'Spark gave up after $1 executors had failed.',
    advice: 'The logs of the executors’ containers say why they ended.',
    rank: 3,
    bare: true
  },
  {
    code: 'EXECUTOR_LOST',
    in: ['log', 'end'],
    marks: ['ExecutorLostFailure', 'Container from a bad node', 'Lost executor'],
    pattern:
      /ExecutorLostFailure \(executor (\w{1,10}) .{1,400}?Reason: (.{1,200})|Lost executor \w{1,10} on \S{1,200}: (.{1,200})/,
    sentence: 'Spark lost executors: $2$3',
    advice: 'The logs of the executors’ containers say why they ended.',
    rank: 3
  },
  {
    code: 'SPARK_CONTEXT_MISSING',
    in: ['log', 'end'],
    marks: ['did not initialize', 'exitCode: 13', 'SparkContext did not initialize'],
    pattern:
      /User did not initialize spark context|SparkContext did not initialize after waiting for (\d{1,9}) ?ms|exited with {1,2}exitCode: 13\b/,
    sentence: 'The job never made a SparkContext, which YARN waits for in cluster mode.',
    advice:
      'Its main program ended or hung before: the log of its ApplicationMaster says where. A master set in the program (local[*]) does the same.',
    rank: 2,
    bare: true
  },
  {
    code: 'TASK_MANAGER_LOST',
    in: ['log', 'end'],
    marks: [
      'The heartbeat of TaskManager',
      'Heartbeat of TaskManager',
      'remote task manager',
      'is no longer reachable'
    ],
    pattern:
      /[Hh]eartbeat of TaskManager with id (\S{1,200}?)(?:\(| timed out)|TaskManager with id (\S{1,200}?)(?:\(\S{0,200}\))? is no longer reachable|Connection unexpectedly closed by remote task manager '([^']{1,200})'/,
    sentence: 'Flink lost the TaskManager $1$2$3.',
    advice: 'The log of its container says why it ended.',
    rank: 3
  }
]

/** Of jobs that run: what keeps them from doing anything. Only counts near the end of the log. */
export const STUCK_CAUSES: readonly KnownCause[] = [
  {
    code: 'NO_EXECUTORS',
    in: ['log'],
    marks: ['Initial job has not accepted any resources'],
    pattern: /Initial job has not accepted any resources/,
    sentence: 'The job runs, and waits for executors that YARN does not give it.',
    advice: 'Look for room in the queue, ask for smaller executors, or wait.',
    rank: 1,
    bare: true
  }
]
