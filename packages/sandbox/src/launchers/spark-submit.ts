import process from 'node:process'
import { type Launcher, runLauncher } from './launcher.ts'
import { parseSparkArguments, SparkUsageError } from './spark-arguments.ts'
import { runClientMode } from './spark-client-mode.ts'
import { runClusterMode } from './spark-cluster-mode.ts'
import { sparkLog } from './spark-log.ts'
import { schedulerAddress } from './spark-submission.ts'

async function sparkSubmit(launcher: Launcher): Promise<number> {
  const { env, output, words } = launcher
  try {
    const args = parseSparkArguments(words, env)
    for (const key of [...args.ignoredKeys].reverse()) {
      output.stderr(`Warning: Ignoring non-Spark config property: ${key}`)
    }
    checkMaster(args.master, env)
    const log = sparkLog(launcher)
    const resourceManager = launcher.connect((tried) => {
      const server = schedulerAddress(resourceManager.address)
      log.info(
        'Client',
        `Retrying connect to server: ${server}. Already tried ${tried % 10} time(s); retry policy is RetryUpToMaximumCountWithFixedSleep(maxRetries=10, sleepTime=1000 MILLISECONDS)`
      )
    })
    const launch = { launcher, log, args, resourceManager }
    return args.deployMode === 'cluster'
      ? await runClusterMode(launch)
      : await runClientMode(launch)
  } catch (error) {
    if (!(error instanceof SparkUsageError)) throw error
    output.stderr(error.message)
    return 1
  }
}

function checkMaster(master: string, env: Launcher['env']): void {
  const failed = 'Exception in thread "main" org.apache.spark.SparkException: '
  if (master !== 'yarn') {
    throw new SparkUsageError(
      `${failed}Could not parse Master URL: '${master}' (the sandbox has only yarn)`
    )
  }
  if (env.HADOOP_CONF_DIR === undefined && env.YARN_CONF_DIR === undefined) {
    throw new SparkUsageError(
      `${failed}When running with master 'yarn' either HADOOP_CONF_DIR or YARN_CONF_DIR must be set in the environment.`
    )
  }
}

/* Program in the place of spark-submit (contract "YARN" §9.3, "real engines" §6). */
await runLauncher(process, sparkSubmit)
