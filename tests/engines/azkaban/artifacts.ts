import type { Artifact } from '../maven-artifacts.ts'
import { versions } from '../versions.ts'

/**
 * Azkaban 2.5.0 and what it was shipped with (its `pom.xml` names nothing). `activation` was part of
 * the Java of that time.
 */
export const azkabanArtifacts: readonly Artifact[] = [
  ['com.linkedin.azkaban', 'azkaban', versions.azkaban],
  ['org.mortbay.jetty', 'jetty', '6.1.26'],
  ['org.mortbay.jetty', 'jetty-util', '6.1.26'],
  ['javax.servlet', 'servlet-api', '2.5'],
  ['javax.activation', 'activation', '1.1.1'],
  ['javax.mail', 'mail', '1.4.5'],
  ['org.apache.velocity', 'velocity', '1.7'],
  ['org.apache.commons', 'commons-jexl', '2.1.1'],
  ['commons-codec', 'commons-codec', '1.6'],
  ['commons-collections', 'commons-collections', '3.2.1'],
  ['commons-dbcp', 'commons-dbcp', '1.4'],
  ['commons-dbutils', 'commons-dbutils', '1.5'],
  ['commons-fileupload', 'commons-fileupload', '1.2.1'],
  ['commons-io', 'commons-io', '2.4'],
  ['commons-lang', 'commons-lang', '2.6'],
  ['commons-logging', 'commons-logging', '1.1.1'],
  ['commons-pool', 'commons-pool', '1.6'],
  ['org.apache.httpcomponents', 'httpclient', '4.2.1'],
  ['org.apache.httpcomponents', 'httpcore', '4.2.1'],
  ['org.codehaus.jackson', 'jackson-core-asl', '1.9.5'],
  ['org.codehaus.jackson', 'jackson-mapper-asl', '1.9.5'],
  ['com.google.guava', 'guava', '13.0.1'],
  ['joda-time', 'joda-time', '2.0'],
  ['log4j', 'log4j', '1.2.16'],
  ['com.h2database', 'h2', '1.3.170'],
  ['net.sf.jopt-simple', 'jopt-simple', '4.3']
].map(([group = '', name = '', version = '']) => ({ group, name, version }))
