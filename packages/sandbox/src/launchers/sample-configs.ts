import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The config files that the v1 interface document names, by file name: streams that run until they are stopped, so
 * that they can be watched, restarted and stopped. They are for Waterdrop 2.0 (contract "Waterdrop launchers" §4).
 */
export const sampleConfigs: Readonly<
  Record<'application.conf' | 'application.spark.conf', string>
> = {
  'application.conf': `# A Flink job that runs until it is stopped.
env {
  execution.parallelism = 1
}
source {
  FakeSourceStream {
    result_table_name = "fake"
    field_name = "name,age"
  }
}
transform {
}
sink {
  ConsoleSink {
  }
}
`,
  'application.spark.conf': `# A Spark job that runs until it is stopped.
env {
  spark.streaming.batchDuration = 5
  spark.executor.instances = 1
  spark.executor.cores = 1
  spark.executor.memory = "1g"
}
source {
  FakeStream {
    content = ["hello", "world"]
    rate = 1
  }
}
transform {
}
sink {
  Console {
  }
}
`
}

/** Puts the config files that the interface document names below the file root, unless they are there. */
export async function writeSampleConfigs(fileRoot: string): Promise<void> {
  await mkdir(fileRoot, { recursive: true, mode: 0o750 })
  for (const [name, text] of Object.entries(sampleConfigs)) {
    await writeFile(join(fileRoot, name), text, { flag: 'wx', mode: 0o640 }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      }
    )
  }
}
