/** A `flink run` command line, understood as Flink 1.20's parser does. */
export type FlinkArguments = {
  action: string
  /** `yarn-cluster` (`-m`) and `yarn-per-job` (`-t`) are one and the same here. */
  target: string | undefined
  detached: boolean
  name: string | undefined
  queue: string | undefined
  type: string
  /** `-yD` and `-D` settings. */
  properties: Map<string, string>
  /** Whether `-yD` was used: its settings are logged (twice). */
  yarnProperties: string[]
  mainClass: string | undefined
  /** The jar, or the file of `-py`. */
  jar: string | undefined
  programArguments: string[]
}

/** The command line cannot be used; `message` goes to stdout, exit 1. */
export class FlinkUsageError extends Error {
  override readonly name = 'FlinkUsageError'
}

const WITH_VALUE = new Set(
  '-m --jobmanager -t --target -c --class -C --classpath -p --parallelism -s --fromSavepoint -rm --restoreMode -claimMode --claimMode -ynm --yarnname -yqu --yarnqueue -yD -D -yat --yarnapplicationType -yid --yarnapplicationId -yjm --yarnjobManagerMemory -ynl --yarnnodeLabel -ys --yarnslots -yt --yarnship -ytm --yarntaskManagerMemory -yz --yarnzookeeperNamespace -z --zookeeperNamespace -py --python -pyfs -pym -pyarch -pyexec -pyreq -e --executor'.split(
    ' '
  )
)
const FLAGS = new Set(
  '-d --detached -yd --yarndetached -n --allowNonRestoredState -sae --shutdownOnAttachedExit -yh --yarnhelp -yq --yarnquery -v --verbose -h --help'.split(
    ' '
  )
)

/**
 * Parses the words behind `flink`. The first word that is no known option is the jar, whatever it
 * looks like: options behind it belong to the program.
 * @throws FlinkUsageError when an option lacks its value
 */
export function parseFlinkArguments(words: string[]): FlinkArguments {
  const [action = '', ...rest] = words
  const values = new Map<string, string>()
  const flags = new Set<string>()
  const properties = new Map<string, string>()
  const yarnProperties: string[] = []
  const define = (option: string, text: string) => {
    const [, key = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(text) ?? []
    properties.set(key, value)
    if (option === '-yD') yarnProperties.push(`${key}=${value}`)
  }
  while (rest[0] !== undefined) {
    const word = rest[0]
    const glued = /^(-y?D)(.+)$/s.exec(word)
    if (glued?.[1] !== undefined) define(glued[1], glued[2] ?? '')
    else if (FLAGS.has(word)) flags.add(word)
    else if (!WITH_VALUE.has(word)) break
    else {
      const value = rest[1]
      if (value === undefined || WITH_VALUE.has(value) || FLAGS.has(value)) {
        throw new FlinkUsageError(`Missing argument for option: ${word.replace(/^-+/, '')}`)
      }
      if (word === '-yD' || word === '-D') define(word, value)
      else values.set(word, value)
      rest.shift()
    }
    rest.shift()
  }
  const value = (...names: string[]) =>
    names.map((name) => values.get(name)).find((one) => one !== undefined)
  const python = value('-py', '--python')
  // Ends the options, and is none of the program's arguments.
  if (rest[0] === '--') rest.shift()
  return {
    action,
    target: value('-t', '--target', '-e', '--executor') ?? perJob(value('-m', '--jobmanager')),
    detached: ['-d', '--detached', '-yd', '--yarndetached'].some((flag) => flags.has(flag)),
    name: value('-ynm', '--yarnname') ?? properties.get('yarn.application.name'),
    queue: value('-yqu', '--yarnqueue') ?? properties.get('yarn.application.queue'),
    type: value('-yat', '--yarnapplicationType') ?? 'Apache Flink',
    properties,
    yarnProperties,
    mainClass: value('-c', '--class'),
    jar: python ?? rest[0],
    programArguments: python === undefined ? rest.slice(1) : rest
  }
}

function perJob(master: string | undefined): string | undefined {
  return master === 'yarn-cluster' ? 'yarn-per-job' : undefined
}
