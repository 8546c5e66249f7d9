/** What is installed. Changing a version installs the new one beside the old one. */
export const versions = {
  hadoop: '3.3.6',
  spark: '3.5.3',
  flink: '1.20.0',
  /** The answers of the public document come from 2.5 and 2.6, and only this one is in a registry. */
  azkaban: '2.5.0',
  /** The Eclipse compiler: a jar, so that a Java runtime is enough to compile what is written here. */
  ecj: '3.33.0',
  mavenDependencyPlugin: '3.8.1'
} as const

/**
 * Java that Hadoop 3.3.6 runs on: 17 is what Spark 3.5 and Flink 1.20 support, and from 23 on
 * `Subject.getSubject`, which Hadoop calls at every login, throws.
 */
export const javaRange = { from: 17, to: 22 } as const

/** Python that pyspark 3.5.3 can be built and run with. */
export const pythonFrom = '3.8'
