import type { KnownCause } from './known-cause.ts'

/**
 * What the ResourceManager says of an application that it does not run (yet). Capacity: CSAMContainerLaunchDiagnostics-
 * Constants and AMState, the same from 2.9 to 3.4; Fair: FSAppAttempt (recorded on 3.3.6 and 3.4.1 where not said).
 */
export const WAIT_CAUSES: readonly KnownCause[] = [
  {
    code: 'QUEUE_AM_LIMIT',
    in: ['wait'],
    marks: ["Queue's AM resource limit exceeded"],
    pattern:
      /Queue's AM resource limit exceeded\.(?:.{0,200}?AM Resource Request = (<[^>]{1,80}>).{0,20}Queue Resource Limit for AM = (<[^>]{1,80}>).{0,200}?Queue AM Resource Usage = (<[^>]{1,80}>))?/,
    sentence: 'The queue may use no more for ApplicationMasters: it wants $1, $3 of $2 are in use.',
    advice:
      'Wait until another job of the queue ends, or have yarn.scheduler.capacity.maximum-am-resource-percent raised.',
    rank: 1,
    bare: true
  },
  {
    code: 'USER_AM_LIMIT',
    in: ['wait'],
    marks: ["User's AM resource limit exceeded"],
    pattern:
      /User's AM resource limit exceeded\.(?:.{0,200}?AM Resource Request = (<[^>]{1,80}>).{0,160}?User AM Resource Limit of the queue = (<[^>]{1,80}>))?/,
    sentence:
      'Its user may use no more for ApplicationMasters in this queue: it wants $1, the limit is $2.',
    advice:
      'Wait until another job of this user ends, or have the queue’s user-limit-factor raised.',
    rank: 1,
    bare: true
  },
  {
    code: 'QUEUE_AM_LIMIT',
    in: ['wait'],
    marks: ['exceeds maximum AM resource allowed'],
    pattern: /\(Resource request: (<[^>]{1,80}>) exceeds maximum AM resource allowed/,
    sentence: 'The queue may use no more for ApplicationMasters: it wants $1.',
    advice: 'Wait until another job of the queue ends, or have its maxAMShare raised.',
    rank: 1,
    bare: true
  },
  {
    code: 'QUEUE_FULL',
    in: ['wait'],
    marks: ['exceeds current queue or its parents maximum'],
    pattern:
      /\(Resource request: (<[^>]{1,80}>) exceeds current queue or its parents maximum resource allowed/,
    sentence: 'Its queue, or one above it, has used up what it may have: $1 do not fit any more.',
    advice: 'Wait until another job of the queue ends, or have its maxResources raised.',
    rank: 1,
    bare: true
  },
  {
    code: 'NO_NODE_LARGE_ENOUGH',
    in: ['wait'],
    marks: ['exceeds the available resources of'],
    pattern:
      /\(Resource request: (<[^>]{1,80}>) exceeds the available resources of the node and the request (?:is reserved|cannot be reserved)/,
    sentence: 'No node has $1 free for its ApplicationMaster now.',
    advice: 'Wait until something ends, or ask for a smaller ApplicationMaster.',
    rank: 1,
    bare: true
  },
  {
    code: 'QUEUE_RUNS_ENOUGH',
    in: ['wait'],
    marks: ['has reached the maximum limit of runnable applications'],
    pattern:
      /The (queue|user) "([^"]{1,200})" has reached the maximum limit of runnable applications/,
    sentence: 'The $1 $2 may not run more applications at once.',
    advice: 'Wait until another one ends, or have its maxRunningApps raised.',
    rank: 1,
    bare: true
  },
  {
    code: 'CLUSTER_EMPTY',
    in: ['wait'],
    marks: ['cluster resource is empty'],
    pattern: /Skipping AM assignment as cluster resource is empty/,
    sentence: 'The cluster has no NodeManager that runs.',
    advice: 'Ask whoever runs the cluster.',
    rank: 1,
    bare: true
  },
  {
    code: 'NODE_LABEL_EMPTY',
    in: ['wait'],
    marks: ['AM Partition = '],
    pattern:
      /AM Partition = (?!<DEFAULT)([^;<>\s]{1,100}) ?; Partition Resource = <memory:0, vCores:0/,
    sentence: 'No node that runs has the label $1, which its ApplicationMaster wants.',
    advice: 'Take the label out of the job, or ask whoever runs the cluster.',
    rank: 1,
    bare: true
  },
  {
    code: 'NODES_SKIPPED',
    in: ['wait'],
    marks: [
      'Skipped scheduling for this Node',
      'request locality is not matching',
      'Ignore Exclusivity mode'
    ],
    pattern:
      /(Skipped scheduling for this Node as its black ?listed|Skipping assigning to Node as request locality is not matching|Skipping assigning to Node in Ignore Exclusivity mode)/,
    sentence: 'The nodes that have room are not for it: $1.',
    advice: 'An attempt of it failed there before, or its label or locality names others.',
    rank: 2,
    bare: true
  },
  {
    code: 'WAITS_FOR_RESOURCES',
    in: ['wait'],
    marks: ['waiting for resources to be assigned for AM'],
    pattern:
      /Application is Activated, waiting for resources to be assigned for AM(?:.{0,400}?Queue's Absolute max capacity = ([\d.]{1,12}) %)?/,
    sentence: 'YARN has no room for its ApplicationMaster at the moment.',
    advice: 'Wait until something ends, or use another queue.',
    rank: 3,
    bare: true
  },
  {
    code: 'NOT_ACTIVATED',
    in: ['wait'],
    marks: ['is not yet activated'],
    pattern: /Application is added to the scheduler and is not yet activated/,
    sentence: 'The queue has not begun with it yet.',
    advice: 'Others are before it, or a limit of the queue is reached.',
    rank: 3,
    bare: true
  },
  {
    code: 'AM_STARTS',
    in: ['wait'],
    marks: ['waiting for AM container to Register'],
    pattern: /AM container is launched, waiting for AM container to Register with RM/,
    sentence: 'Its ApplicationMaster was started, and has not reported to YARN yet.',
    advice: 'This takes seconds; when it takes minutes, the log of the ApplicationMaster says why.',
    rank: 3,
    bare: true
  }
]
