import type { Application } from './application.ts'

export interface LogFile {
  content: Buffer
  /** Epoch ms. */
  modified: number
}

export interface ContainerLog {
  readonly containerId: string
  readonly appId: string
  readonly user: string
  running: boolean
  readonly files: Map<string, LogFile>
}

const maxFileBytes = 8 * 1024 * 1024
const keptFileBytes = 1024 * 1024
const maxFilesPerContainer = 32
const maxTotalBytes = 64 * 1024 * 1024

/** What the NodeManager keeps of its containers' output: bounded, oldest ended containers go first. */
export class ContainerLogs {
  readonly #logs = new Map<string, ContainerLog>()
  #bytes = 0

  /** A container has started: its directory with the files of the NodeManager and of the engine. */
  open(containerId: string, app: Application, now: number): void {
    const log: ContainerLog = {
      containerId,
      appId: app.id,
      user: app.user,
      running: true,
      files: new Map()
    }
    this.#logs.set(containerId, log)
    const script = `#!/bin/bash\n\nset -o pipefail -e\nexport PRELAUNCH_OUT="<LOG_DIR>/prelaunch.out"\nexport CONTAINER_ID="${containerId}"\nexport USER="${app.user}"\n`
    const flink = app.type === 'Apache Flink'
    const process = containerId.endsWith('_000001') ? 'jobmanager' : 'taskmanager'
    this.append(containerId, 'launch_container.sh', script, now)
    this.append(containerId, 'prelaunch.err', '', now)
    this.append(containerId, flink ? `${process}.out` : 'stderr', '', now)
    this.append(containerId, 'directory.info', directoryInfo, now)
    this.append(containerId, 'prelaunch.out', prelaunchOutput, now)
    const others = flink ? [`${process}.log`, `${process}.err`] : ['stdout']
    for (const file of others) this.append(containerId, file, '', now)
  }

  /**
   * Adds to a file, which is cut to its last bytes when it becomes too large, as by somebody who rotates it. False when
   * the container is not known or all is full.
   */
  append(containerId: string, file: string, text: string | Buffer, now: number): boolean {
    const log = this.#logs.get(containerId)
    if (!log || (!log.files.has(file) && log.files.size >= maxFilesPerContainer)) return false
    const before = log.files.get(file)?.content ?? Buffer.alloc(0)
    if (this.#bytes > 2 * maxTotalBytes) return false
    const whole = Buffer.concat([before, typeof text === 'string' ? Buffer.from(text) : text])
    const content =
      whole.length > maxFileBytes ? whole.subarray(whole.length - keptFileBytes) : whole
    log.files.set(file, { content: Buffer.from(content), modified: now })
    this.#bytes += content.length - before.length
    this.#shrink(containerId)
    return true
  }

  get(containerId: string): ContainerLog | undefined {
    return this.#logs.get(containerId)
  }

  ofApplication(appId: string): ContainerLog[] {
    return [...this.#logs.values()].filter((log) => log.appId === appId)
  }

  running(): ContainerLog[] {
    return [...this.#logs.values()].filter((log) => log.running)
  }

  end(containerId: string): void {
    const log = this.#logs.get(containerId)
    if (log) log.running = false
  }

  /** A file begins anew with this text, as after a rotation. False when there is no such file. */
  replace(containerId: string, file: string, text: string, now: number): boolean {
    const log = this.#logs.get(containerId)
    const before = log?.files.get(file)
    if (!log || !before) return false
    const content = Buffer.from(text)
    log.files.set(file, { content, modified: now })
    this.#bytes += content.length - before.content.length
    return true
  }

  /** Takes over what another one has of an application: aggregation. */
  takeOver(appId: string, from: ContainerLogs): void {
    for (const log of from.ofApplication(appId)) {
      this.#logs.set(log.containerId, { ...log, running: false })
      for (const file of log.files.values()) this.#bytes += file.content.length
      this.#shrink(log.containerId)
    }
  }

  /** Deletes what the NodeManager has of an application, as after the retention time. */
  drop(appId: string): void {
    for (const log of this.ofApplication(appId)) this.#remove(log)
  }

  #remove(log: ContainerLog): void {
    for (const file of log.files.values()) this.#bytes -= file.content.length
    this.#logs.delete(log.containerId)
  }

  #shrink(except: string): void {
    for (const log of this.#logs.values()) {
      if (this.#bytes <= maxTotalBytes) return
      if (!log.running && log.containerId !== except) this.#remove(log)
    }
  }
}

const directoryInfo = 'ls -l:\ntotal 8\nfind -L . -maxdepth 5 -ls:\n'
const prelaunchOutput = `Setting up env variables
Setting up job resources
Copying debugging information
Launching container
`
