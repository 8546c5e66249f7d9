import { azkabanArtifacts } from './azkaban/artifacts.ts'
import type { Digests } from './digests.ts'
import type { Directories } from './directories.ts'
import { installOnce, removePartial } from './install-step.ts'
import { type Artifact, copyArtifacts } from './maven-artifacts.ts'
import type { Prerequisites } from './prerequisites.ts'
import { installFlink, installPython, installSpark } from './python-packages.ts'
import { unpackSource } from './seatunnel-home.ts'
import { versions } from './versions.ts'

/** How long one part took; `undefined` when it was there already. */
export type Installed = Readonly<{ part: string; seconds: number | undefined }>

/**
 * Installs what is missing, each part on its own and whole or not at all. The parts are fetched
 * side by side, since most of it is waiting for the network. Throws the first failure once all
 * have ended, `WrongDigest` when something else came than was committed.
 */
export async function installEngines(
  directories: Directories,
  prerequisites: Prerequisites,
  { digests, report }: Readonly<{ digests: Digests; report: (installed: Installed) => void }>
): Promise<void> {
  await removePartial(directories.root)
  const part = async (name: string, directory: string, fill: (to: string) => Promise<void>) => {
    const start = performance.now()
    const done = await installOnce(directory, fill)
    report({ part: name, seconds: done ? (performance.now() - start) / 1000 : undefined })
  }
  const jars = async (to: string, artifacts: readonly Artifact[], transitive = false) => {
    await copyArtifacts(prerequisites.maven, to, artifacts, { transitive })
    await digests.check(to)
  }
  const { hadoop, spark, flink, seatunnel, seatunnelSpark, seatunnelFlink, azkaban } = versions
  await part('Python environment', directories.python, (to) =>
    installPython(prerequisites.python, to, digests)
  )
  const pip = { environment: directories.python, digests }
  const results = await Promise.allSettled([
    part(`Hadoop ${hadoop}`, directories.hadoop, (to) => jars(to, hadoopArtifacts, true)),
    part(`Azkaban ${azkaban}`, directories.azkaban, (to) => jars(to, azkabanArtifacts)),
    part('Flink jobs and compiler', directories.jars, (to) => jars(to, jobArtifacts)),
    part(`SeaTunnel ${seatunnel}`, directories.seatunnelJars, async (to) => {
      await jars(to, seatunnelArtifacts)
      await unpackSource(prerequisites.python, to)
    }),
    part(`Spark ${spark}`, directories.spark, (to) => installSpark(to, spark, pip)),
    part(`Flink ${flink}`, directories.flink, (to) =>
      installFlink(to, { version: flink, python: '311' }, pip)
    ),
    part(`Spark ${seatunnelSpark}`, directories.seatunnelSpark, (to) =>
      installSpark(to, seatunnelSpark, pip)
    ),
    part(`Flink ${seatunnelFlink}`, directories.seatunnelFlink, (to) =>
      installFlink(to, { version: seatunnelFlink, python: '38' }, pip)
    )
  ])
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

const hadoopArtifacts: readonly Artifact[] = [
  'hadoop-common',
  'hadoop-hdfs-client',
  'hadoop-yarn-client',
  'hadoop-yarn-server-resourcemanager',
  'hadoop-yarn-server-nodemanager',
  // Not used, but without it the ResourceManager ends with ClassNotFoundException.
  'hadoop-yarn-server-timelineservice',
  'hadoop-mapreduce-client-hs'
].map((name) => ({ group: 'org.apache.hadoop', name, version: versions.hadoop }))

const jobArtifacts: readonly Artifact[] = [
  { group: 'org.eclipse.jdt', name: 'ecj', version: versions.ecj },
  ...['WordCount', 'TopSpeedWindowing'].map((classifier) => ({
    group: 'org.apache.flink',
    name: 'flink-examples-streaming',
    version: versions.flink,
    classifier
  }))
]

const seatunnelArtifacts: readonly Artifact[] = [
  { name: 'seatunnel-spark-3-starter' },
  { name: 'seatunnel-flink-15-starter' },
  { name: 'seatunnel-transforms-v2' },
  { name: 'connector-fake' },
  { name: 'connector-console' },
  // Its launcher scripts are in no jar.
  { name: 'seatunnel', classifier: 'source-release', type: 'zip' as const }
].map((one) => ({ group: 'org.apache.seatunnel', version: versions.seatunnel, ...one }))
