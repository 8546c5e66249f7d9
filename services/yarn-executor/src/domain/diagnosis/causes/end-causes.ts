import type { KnownCause } from './known-cause.ts'

/** Why the ResourceManager refused or ended an application. */
export const END_CAUSES: readonly KnownCause[] = [
  {
    code: 'UNKNOWN_QUEUE',
    in: ['launcher', 'log', 'end'],
    marks: ['unknown queue: '],
    pattern: /unknown queue: ?([^\s,;"']{1,200})/,
    sentence: 'YARN has no queue $1.',
    advice: 'Check the queue’s name: GET /executor/yarnStatus lists them.',
    rank: 1,
    bare: true
  },
  {
    code: 'PLACEMENT_REFUSED',
    in: ['launcher', 'log', 'end'],
    marks: ['rejected by placement rules'],
    pattern: /submitted by user (\S{1,100}) application rejected by placement rules/,
    sentence: 'No queue that YARN knows takes the applications of $1 as they are submitted.',
    advice: 'Check the queue’s name: GET /executor/yarnStatus lists them.',
    rank: 1,
    bare: true
  },
  {
    code: 'QUEUE_STOPPED',
    in: ['launcher', 'log', 'end'],
    marks: ['Cannot accept submission of application'],
    pattern: /Queue (\S{1,200}) is (STOPPED|DRAINING)\. Cannot accept submission/,
    sentence: 'The queue $1 takes no applications: it is $2.',
    advice: 'Use another queue, or ask whoever runs the cluster.',
    rank: 1,
    bare: true
  },
  {
    code: 'QUEUE_FORBIDDEN',
    in: ['launcher', 'log', 'end'],
    marks: ['does not have permission to submit', 'cannot submit applications to queue'],
    pattern:
      /User (\S{1,100}) (?:does not have permission to submit \S{1,100} to queue|cannot submit applications to queue) ([^\s"',]{1,200})/,
    sentence: 'The user $1 may not submit to the queue $2.',
    advice: 'Use another queue, or ask for acl_submit_applications.',
    rank: 1,
    bare: true
  },
  {
    code: 'TOO_MANY_APPLICATIONS',
    in: ['launcher', 'log', 'end'],
    marks: [
      'cannot accept submission of application',
      'Maximum system application limit reached',
      'Too many applications'
    ],
    pattern:
      /Queue (\S{1,200}) already has (\d{1,9}) applications(?: from user (\S{1,100}))?, cannot accept submission|(Maximum system application limit reached)/,
    sentence: 'The queue $1 takes no more applications: it has $2 already.',
    advice: 'Wait until some of them have ended, or have its maximum-applications raised.',
    rank: 1,
    bare: true
  },
  {
    code: 'QUEUE_NOT_A_LEAF',
    in: ['launcher', 'log', 'end'],
    marks: ['non-leaf queue'],
    pattern: /submitted by user ?: ?\S{1,100} to (?:a )?non-leaf queue ?: ?(\S{1,200})/,
    sentence: 'The queue $1 only has other queues in it.',
    advice: 'Name one of the queues below it.',
    rank: 1,
    bare: true
  },
  {
    code: 'RESOURCES_ABOVE_MAXIMUM',
    in: ['launcher', 'log', 'end'],
    marks: [
      'greater than maximum allowed allocation',
      'more memory than configured max',
      'more cores than configured max',
      'more virtual cores than configured max',
      'Invalid resource request'
    ],
    pattern:
      /(Requested more (?:memory|cores|virtual cores) than configured max|greater than maximum allowed allocation\. Requested resource type=\[[^\]]{1,60}\], Requested resource=<[^>]{1,100}>|Invalid resource request, requested memory < 0, or requested memory > max configured, requestedMemory=\d+, maxMemory=\d+)/,
    sentence: 'It asks for a container that is larger than YARN allows: $1.',
    advice:
      'Ask for less, or have yarn.scheduler.maximum-allocation-mb and yarn.nodemanager.resource.memory-mb raised.',
    rank: 1,
    bare: true
  },
  {
    code: 'NODE_LABEL_REFUSED',
    in: ['launcher', 'log', 'end'],
    marks: ['label'],
    pattern:
      /Invalid resource request, (node label not enabled but request contains label expression|queue=\S{1,100} doesn't have permission to access all labels in resource request\. labelExpression of resource request=\S{0,100})/,
    sentence: 'YARN does not accept its node label: $1',
    advice: 'Take the label out of the job, or use a queue that may use it.',
    rank: 1,
    bare: true
  },
  {
    code: 'LIFETIME_OVER',
    in: ['log', 'end'],
    marks: ['exceeding its lifetime period', 'lifetime'],
    pattern:
      /Application killed due to exceeding its lifetime period(?: (-?\d{1,15}) milliseconds)?|Application is killed by ResourceManager as it has exceeded the lifetime period/,
    sentence: 'YARN ended it: its lifetime was over.',
    advice: 'Raise the lifetime of the application or of its queue (maximum-application-lifetime).',
    rank: 1,
    bare: true
  },
  {
    code: 'KILLED_ON_YARN',
    in: ['end'],
    marks: ['was killed by user', 'received from'],
    pattern:
      /Application application_\d+_\d+ was killed by user (\S{1,100})(?: at (\S{1,100}))?|Kill application application_\d+_\d+ received from (\S{1,100})/,
    sentence: 'The user $1$3 killed it on YARN.',
    advice: 'Ask them; nothing in the job itself ended it.',
    rank: 1,
    bare: true
  },
  {
    code: 'PREEMPTED',
    in: ['log', 'end'],
    marks: ['Container preempted by scheduler', 'exitCode: -102', 'was preempted'],
    pattern:
      /Container preempted by scheduler|exited with {1,2}exitCode: -102\b|Container \S{1,100} was preempted/,
    sentence: 'YARN took a container away from it for another queue.',
    advice: 'Use a queue with a larger guaranteed share, or run it when there is room.',
    rank: 2,
    bare: true
  },
  {
    code: 'NODE_LOST',
    in: ['log', 'end'],
    marks: ['Container released on a *lost* node', 'exitCode: -100', 'lost node'],
    pattern: /Container released on a \*lost\* node|exited with {1,2}exitCode: -100\b/,
    sentence: 'YARN lost a node that the job ran on.',
    advice: 'Start it again; when it comes back, ask whoever runs the cluster.',
    rank: 1,
    bare: true
  },
  {
    code: 'DISKS_FAILED',
    in: ['log', 'end'],
    marks: ['exitCode: -101', 'local-dirs are bad', 'log-dirs are bad'],
    pattern:
      /exited with {1,2}exitCode: -101\b|(\d{1,4}\/\d{1,4} (?:local|log)-dirs are bad: \S{1,200})/,
    sentence: 'The disks of a node are full or broken.',
    advice: 'Ask whoever runs the cluster: the node’s health report says which.',
    rank: 1,
    bare: true
  },
  {
    code: 'AM_TIMED_OUT',
    in: ['end'],
    marks: ['ApplicationMaster for attempt', 'timed out'],
    pattern: /ApplicationMaster for attempt (\S{1,100}) timed out/,
    sentence: 'Its ApplicationMaster was not heard of any more.',
    advice: 'Its node is overloaded or away, or it had no memory left: its log says more.',
    rank: 2,
    bare: true
  },
  {
    code: 'AM_NOT_LAUNCHED',
    in: ['end'],
    marks: ['Error launching appattempt'],
    pattern: /Error launching (appattempt_\S{1,60})\. Got exception: (.{1,250})/,
    sentence: 'YARN could not start its ApplicationMaster: $2',
    advice: 'Ask whoever runs the cluster; the log of the NodeManager says more.',
    rank: 2,
    bare: true
  },
  {
    code: 'AM_KILLED',
    in: ['end'],
    marks: ['exitCode: 137', 'exitCode: 143'],
    pattern: /exited with {1,2}exitCode: (137|143)\b/,
    sentence: 'Somebody on its node ended its ApplicationMaster (exit code $1).',
    advice:
      '137: the kernel was short of memory, or an operator; 143: YARN or an operator. The node’s system log says which.',
    rank: 2,
    bare: true
  },
  {
    code: 'AM_FAILED',
    in: ['end'],
    marks: ['exitCode: '],
    pattern:
      /failed (\d{1,4}) times.{0,80}? due to AM Container for \S{1,80} exited with {1,2}exitCode: (-?\d{1,6})/,
    sentence: 'Its ApplicationMaster ended with exit code $2, $1 times.',
    advice: 'The log of its ApplicationMaster says why.',
    rank: 4,
    bare: true
  },
  {
    code: 'DRIVER_CUT_OFF',
    in: ['log', 'end'],
    marks: ['Shutdown hook called before final status was reported'],
    pattern: /Shutdown hook called before final status was reported/,
    sentence: 'The driver ended before it could say how the job went: System.exit, or a signal.',
    advice: 'The last lines of its log say more.',
    rank: 3,
    bare: true
  }
]
