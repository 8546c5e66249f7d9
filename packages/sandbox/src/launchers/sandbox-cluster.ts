import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LauncherFaults } from './launcher-faults.ts'
import { compiledPrograms, copyPrograms, writeNodeCommand } from './node-command.ts'
import { writeSeatunnelHome } from './seatunnel-home.ts'
import { writeWaterdrop1Home } from './waterdrop-1-home.ts'
import { writeWaterdropHome } from './waterdrop-home.ts'
import { yarnSite } from './yarn-site.ts'

/** Directories of a set of stand-in launchers. */
export type SandboxCluster = {
  waterdropHome: string
  waterdrop1Home: string
  seatunnelHome: string
  sparkHome: string
  flinkHome: string
  hadoopConfDir: string
  /** The same under the names that launchers and services know: WATERDROP_HOME, SPARK_HOME, … */
  environment: Record<string, string>
  /** What every launch from now on does wrong; `{}` switches it off. */
  setFaults(faults: LauncherFaults): Promise<void>
}

/**
 * Writes homes of Waterdrop 2.0, Waterdrop 1.x and SeaTunnel 2.3, a stand-in spark-submit and flink, and a HADOOP_CONF_DIR that names the
 * ResourceManager. Whoever has the path of the homes can launch: faults and versions are known to
 * the scripts in them, no environment variable is needed.
 * @param dir is made; its path must be free of blanks and shell characters
 * @param options.resourceManagerUrl such as `http://127.0.0.1:8088`
 * @param options.sparkVersion 3.5.x logs to stderr (default), 3.3.x to stdout
 * @param options.flinkVersion 1.20.x (default) or 1.15.x
 * @param options.selfContained takes a copy of the programs along, so that `dir` works where this package is not
 * installed, as in another container: at the same path, with Node at the same path
 */
export async function writeSandboxCluster(
  dir: string,
  options: {
    resourceManagerUrl: string
    sparkVersion?: string
    flinkVersion?: string
    selfContained?: boolean
  }
): Promise<SandboxCluster> {
  const waterdropHome = join(dir, 'waterdrop')
  const waterdrop1Home = join(dir, 'waterdrop-1')
  const seatunnelHome = join(dir, 'seatunnel')
  const sparkHome = join(dir, 'spark')
  const flinkHome = join(dir, 'flink')
  const hadoopConfDir = join(dir, 'hadoop-conf')
  const faultsFile = join(dir, 'launcher-faults.json')

  await mkdir(hadoopConfDir, { recursive: true })
  const { host } = new URL(options.resourceManagerUrl)
  await writeFile(join(hadoopConfDir, 'yarn-site.xml'), yarnSite(host))
  const installed = await compiledPrograms()
  const programs = options.selfContained
    ? await copyPrograms(installed, join(dir, 'programs'))
    : installed
  await writeWaterdropHome(waterdropHome, { kind: 'stand-in' }, programs)
  await writeWaterdrop1Home(waterdrop1Home, { programs })
  await writeSeatunnelHome(seatunnelHome, { programs })
  await writeNodeCommand(join(sparkHome, 'bin/spark-submit'), {
    programs,
    program: 'spark-submit',
    environment: {
      SANDBOX_LAUNCHER_FAULTS: faultsFile,
      SANDBOX_SPARK_VERSION: options.sparkVersion ?? '3.5.3'
    }
  })
  await writeNodeCommand(join(flinkHome, 'bin/flink'), {
    programs,
    program: 'flink',
    environment: {
      SANDBOX_LAUNCHER_FAULTS: faultsFile,
      SANDBOX_FLINK_VERSION: options.flinkVersion ?? '1.20.0'
    }
  })
  return {
    waterdropHome,
    waterdrop1Home,
    seatunnelHome,
    sparkHome,
    flinkHome,
    hadoopConfDir,
    environment: {
      WATERDROP_HOME: waterdropHome,
      WATERDROP_1_HOME: waterdrop1Home,
      SEATUNNEL_HOME: seatunnelHome,
      SPARK_HOME: sparkHome,
      FLINK_HOME: flinkHome,
      HADOOP_CONF_DIR: hadoopConfDir
    },
    async setFaults(faults) {
      if (Object.keys(faults).length === 0) return rm(faultsFile, { force: true })
      await writeFile(`${faultsFile}.new`, JSON.stringify(faults))
      await rename(`${faultsFile}.new`, faultsFile)
    }
  }
}
