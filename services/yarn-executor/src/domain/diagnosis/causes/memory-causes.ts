import type { KnownCause } from './known-cause.ts'

const MORE_CONTAINER =
  'Give the container more memory (spark.executor.memoryOverhead, spark.driver.memoryOverhead; Flink: the process size), or let it do less at once.'

/**
 * Memory, the container before the heap: what YARN kills has no time to say why. Texts: recorded; of the NodeManager's
 * limits from ContainersMonitorImpl (2.10 without the quotes and the bytes), of Spark's from ExecutorLossReason and
 * YarnAllocator (2.4: "memory limits", 3.x: "physical memory limits").
 */
export const MEMORY_CAUSES: readonly KnownCause[] = [
  {
    code: 'CONTAINER_MEMORY',
    in: ['log', 'end'],
    marks: ["beyond the 'PHYSICAL' memory limit", 'beyond physical memory limits'],
    pattern:
      /running (?:\d+B )?beyond (?:the 'PHYSICAL' memory limit|physical memory limits)\. Current usage: (.{1,30}? of .{1,30}?) physical memory used/,
    sentence: 'YARN killed a container of it for its memory: $1 were used.',
    advice: MORE_CONTAINER,
    rank: 1,
    bare: true
  },
  {
    code: 'CONTAINER_VIRTUAL_MEMORY',
    in: ['log', 'end'],
    marks: ["beyond the 'VIRTUAL' memory limit", 'beyond virtual memory limits'],
    pattern:
      /running (?:\d+B )?beyond (?:the 'VIRTUAL' memory limit|virtual memory limits)\. Current usage: .{1,60}? physical memory used; (.{1,30}? of .{1,30}?) virtual memory used/,
    sentence: 'YARN killed a container of it for its virtual memory: $1 were used.',
    advice:
      'Set yarn.nodemanager.vmem-check-enabled=false, as is usual for Java, or raise yarn.nodemanager.vmem-pmem-ratio.',
    rank: 1,
    bare: true
  },
  {
    code: 'CONTAINER_MEMORY',
    in: ['log', 'end'],
    marks: ['killed by YARN for exceeding'],
    pattern:
      /Container killed by YARN for exceeding (?:physical )?memory limits\.(?: (.{1,60}?) (?:physical )?memory used)?/,
    sentence: 'YARN killed an executor for its memory ($1 used).',
    advice: MORE_CONTAINER,
    rank: 1,
    bare: true
  },
  {
    code: 'CONTAINER_MEMORY',
    in: ['end'],
    marks: ['exitCode: -104', 'exitCode: -103'],
    pattern: /exited with {1,2}exitCode: (-10[34])\b/,
    sentence: 'YARN killed its ApplicationMaster for its memory (exit code $1).',
    advice: MORE_CONTAINER,
    rank: 1,
    bare: true
  },
  {
    code: 'METASPACE_FULL',
    in: ['launcher', 'log', 'end'],
    marks: ['OutOfMemoryError'],
    pattern: /OutOfMemoryError: (?:Compressed class space|Metaspace|PermGen space)/,
    sentence: 'A JVM of it had no room for more classes (metaspace).',
    advice:
      'Raise -XX:MaxMetaspaceSize (Flink: taskmanager.memory.jvm-metaspace.size, jobmanager.memory.jvm-metaspace.size).',
    rank: 1,
    bare: true
  },
  {
    code: 'DIRECT_MEMORY_FULL',
    in: ['launcher', 'log', 'end'],
    marks: ['OutOfMemoryError', 'OutOfDirectMemoryError'],
    pattern:
      /OutOfMemoryError: (?:Cannot reserve \d+ bytes of direct|Direct) buffer memory|OutOfDirectMemoryError: /,
    sentence: 'A JVM of it had no room outside its heap (direct memory).',
    advice: 'Raise the memory overhead (Flink: taskmanager.memory.task.off-heap.size).',
    rank: 1
  },
  {
    code: 'THREADS_EXHAUSTED',
    in: ['launcher', 'log', 'end'],
    marks: ['OutOfMemoryError'],
    pattern: /OutOfMemoryError: unable to create (?:new )?native thread/,
    sentence: 'A host of it allows no more threads or processes.',
    advice: 'Raise the limit of processes (ulimit -u, pids.max) on the host that says so.',
    rank: 1
  },
  {
    code: 'GC_OVERHEAD',
    in: ['launcher', 'log', 'end'],
    marks: ['OutOfMemoryError'],
    pattern: /OutOfMemoryError: GC overhead limit exceeded/,
    sentence: 'A JVM of it spent nearly all its time looking for free heap.',
    advice: 'Give the process that says so more heap, or let it do less at once.',
    rank: 1,
    bare: true
  },
  {
    code: 'HEAP_FULL',
    in: ['launcher', 'log', 'end'],
    marks: ['OutOfMemoryError'],
    pattern: /OutOfMemoryError: (?:Java heap space|Requested array size exceeds VM limit)/,
    sentence: 'A JVM of it had no heap left.',
    advice:
      'Give the process that says so more heap (spark.driver.memory, spark.executor.memory, Flink: the process size), or let it do less at once.',
    rank: 1,
    bare: true
  },
  {
    code: 'RESULT_TOO_LARGE',
    in: ['log', 'end'],
    marks: ['is bigger than spark.driver.maxResultSize', 'maxResultSize'],
    pattern:
      /Total size of serialized results of \d+ tasks \((.{1,30}?)\) is bigger than spark\.driver\.maxResultSize \(?(.{1,30}?)\)?(?:\.|$)/,
    sentence: 'The job wanted $1 in its driver, more than spark.driver.maxResultSize allows ($2).',
    advice: 'Do not collect so much, or raise spark.driver.maxResultSize and the driver’s memory.',
    rank: 1
  },
  {
    code: 'RESOURCES_ABOVE_MAXIMUM',
    in: ['launcher', 'log'],
    marks: ['is above the max threshold'],
    pattern:
      /Required (AM|executor) memory \((.{1,120}?)\).{0,160}? is above the max threshold \((.{1,40}?)\) of this cluster/,
    sentence: 'The job asks for more $1 memory ($2) than a container may have ($3).',
    advice:
      'Ask for less, or have yarn.scheduler.maximum-allocation-mb and yarn.nodemanager.resource.memory-mb raised.',
    rank: 1,
    bare: true
  }
]
