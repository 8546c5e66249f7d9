/** What is installed. Changing a version installs the new one beside the old one; then `engines -- digests`. */
export const versions = {
  hadoop: '3.3.6',
  spark: '3.5.3',
  flink: '1.20.0',
  seatunnel: '2.3.4',
  /** What SeaTunnel 2.3.4 was built for: on the newer ones it fails once the application runs. */
  seatunnelSpark: '3.3.4',
  seatunnelFlink: '1.15.4',
  /** The answers of the public document come from 2.5 and 2.6, and only this one is in a registry. */
  azkaban: '2.5.0',
  /** The Eclipse compiler: a jar, so that a Java runtime is enough to compile what is written here. */
  ecj: '3.33.0',
  /** Reads what a source package says of itself; newer ones need a newer Python. */
  setuptools: '75.3.0',
  mavenDependencyPlugin: '3.8.1'
} as const

/**
 * Java that Hadoop 3.3.6 runs on: 17 is what Spark 3.5 and Flink 1.20 support, and from 23 on
 * `Subject.getSubject`, which Hadoop calls at every login, throws.
 */
export const javaRange = { from: 17, to: 22 } as const

/** Python that pyspark 3.5.3 can be run with. */
export const pythonFrom = '3.8'
