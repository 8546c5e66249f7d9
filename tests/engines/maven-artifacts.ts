import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './run-command.ts'
import { versions } from './versions.ts'

export type Artifact = Readonly<{
  group: string
  name: string
  version: string
  classifier?: string
  /** `jar` when not said otherwise. */
  type?: 'zip'
}>

/**
 * Copies files into a directory with this machine's Maven and its settings (mirrors, proxies,
 * `~/.m2`): the artifacts alone, or with all that they need at run time.
 */
export async function copyArtifacts(
  maven: string,
  directory: string,
  artifacts: readonly Artifact[],
  { transitive }: { transitive: boolean }
): Promise<void> {
  const pom = join(directory, 'pom.xml')
  await writeFile(pom, projectOf(artifacts))
  const plugin = `org.apache.maven.plugins:maven-dependency-plugin:${versions.mavenDependencyPlugin}`
  await runCommand(maven, [
    '--batch-mode',
    '--no-transfer-progress',
    '--quiet',
    `--file=${pom}`,
    `${plugin}:copy-dependencies`,
    `-DoutputDirectory=${directory}`,
    '-DincludeScope=runtime',
    `-DexcludeTransitive=${!transitive}`
  ])
}

function projectOf(artifacts: readonly Artifact[]): string {
  const dependencies = artifacts.map(
    ({ group, name, version, classifier, type }) => `    <dependency>
      <groupId>${group}</groupId>
      <artifactId>${name}</artifactId>
      <version>${version}</version>${classifier ? `<classifier>${classifier}</classifier>` : ''}${type ? `<type>${type}</type>` : ''}
    </dependency>`
  )
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>scheduler-task</groupId>
  <artifactId>engines</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${dependencies.join('\n')}
  </dependencies>
</project>
`
}
