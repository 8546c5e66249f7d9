import type { Finding } from '@scheduler-task/job-config/finding'
import { type Abilities, type LaunchRequest, NotStarted } from '../domain/launching.ts'
import { PLAIN_PATH } from './launcher-profile.ts'

type Optional = 'queue' | 'variables' | 'conf' | 'args' | 'mainClass'

/** Settings of an engine: by name, since one that is not reserved may be anything. */
export type SettingRules = Readonly<{
  name: RegExp
  value: RegExp
  /** What is set by this service, or names another cluster; each with what to do instead. */
  reserved: Readonly<Record<string, string>>
  /** The same for all that begin so. */
  reservedBeginnings: Readonly<Record<string, string>>
}>

/** What one profile takes on one engine (waterdrop.md §1.9): all else is refused. */
export type ValueRules = Readonly<{
  profile: string
  abilities: Abilities
  /** Where to go with what the profile cannot pass. */
  instead: Readonly<Partial<Record<Optional, string>>>
  /** Why a plain name cannot be given to this launcher; undefined when it can. */
  taskName?: (taskName: string) => string | undefined
  variable?: RegExp
  settings?: SettingRules
  /** Why an argument cannot be passed; undefined when it can. */
  argument?: (argument: string, request: LaunchRequest) => string | undefined
}>

/** `eval`, word splitting and globbing leave these alone. The route has checked the same. */
const TASK_NAME = /^[\p{L}\p{Nd}][\p{L}\p{Nd}._-]{0,99}$/u
const QUEUE = /^[\p{L}\p{Nd}_][\p{L}\p{Nd}_.-]{0,199}$/u
const TAG = /^[a-z0-9][a-z0-9_-]{0,99}$/
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_.]{0,199}$/
/** They become system properties of the launcher's JVM, and of the driver's. */
const RESERVED_VARIABLE = /^(?:spark\.|java\.|javax\.|jdk\.|sun\.|com\.sun\.|log4j|logback)/i
/** What the scripts neither split nor evaluate; no comma, at which some of them split. */
export const PLAIN_VARIABLE = /^[A-Za-z0-9_.:/+][A-Za-z0-9_.:/+-]{0,4095}$/
/** One line of anything. */
export const PRINTABLE = /^[^\p{Cc}\p{Surrogate}\u2028\u2029]{1,8192}$/u
const MAIN_CLASS = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*){0,50}$/

/** Everything of a request but the config. */
export function checkValues(request: LaunchRequest, rules: ValueRules): Finding[] {
  const { taskName, queue, variables, conf, args, mainClass } = request
  return [
    ...checkName(taskName, rules),
    ...checkDeployMode(request, rules),
    ...(queue === null ? [] : checkQueue(queue, rules)),
    ...notSupported('variables', Object.keys(variables).length > 0, rules),
    ...Object.entries(variables).flatMap((entry) => checkVariable(entry, rules)),
    ...notSupported('conf', Object.keys(conf).length > 0, rules),
    ...Object.entries(conf).flatMap((entry) => checkSetting(entry, rules)),
    ...notSupported('args', args.length > 0, rules),
    ...args.flatMap((argument, at) => checkArgument(argument, at, request, rules)),
    ...(mainClass === null ? [] : checkMainClass(mainClass, rules))
  ]
}

/** The same once more, where the values are used. @throws NotStarted */
export function requireSafe(request: LaunchRequest, path: string, rules: ValueRules): void {
  if (!PLAIN_PATH.test(path)) throw new NotStarted(`not a plain path: ${path}`)
  if (!request.tags.every((tag) => TAG.test(tag))) {
    throw new NotStarted('a tag that YARN would change')
  }
  const [first] = checkValues(request, rules).filter(({ severity }) => severity === 'error')
  if (first) throw new NotStarted(`${first.path} ${first.message}`)
}

export function refusal(code: string, path: string, message: string): Finding {
  return { severity: 'error', code, path, message }
}

function checkName(taskName: string, rules: ValueRules): Finding[] {
  const problem = TASK_NAME.test(taskName)
    ? rules.taskName?.(taskName)
    : 'is not a name that the launcher can be given'
  return problem === undefined ? [] : [refusal('BAD_TASK_NAME', 'taskName', problem)]
}

function checkDeployMode({ deployMode }: LaunchRequest, rules: ValueRules): Finding[] {
  const { deployModes } = rules.abilities
  const known = deployModes.length === 0 ? ['client'] : deployModes
  if (known.includes(deployMode)) return []
  return [refusal('BAD_DEPLOY_MODE', 'deployMode', `is none that ${rules.profile} knows`)]
}

function checkQueue(queue: string, rules: ValueRules): Finding[] {
  if (!rules.abilities.queue) return notSupported('queue', true, rules)
  if (QUEUE.test(queue)) return []
  const message = 'must be letters, digits, _ . and -, beginning with a letter or digit'
  return [refusal('BAD_QUEUE', 'queue', message)]
}

function notSupported(what: Optional, given: boolean, rules: ValueRules): Finding[] {
  if (!given || rules.abilities[what]) return []
  const instead = rules.instead[what] ?? 'leave it out'
  return [refusal('NOT_SUPPORTED', what, `cannot be passed by ${rules.profile}: ${instead}`)]
}

function checkVariable([name, value]: readonly [string, string], rules: ValueRules): Finding[] {
  const { variable } = rules
  if (!rules.abilities.variables || !variable) return []
  const refuse = (message: string) => [refusal('BAD_VARIABLE', `variables.${shown(name)}`, message)]
  if (!VARIABLE_NAME.test(name)) {
    return refuse('must be named by letters, digits, _ and ., beginning with a letter')
  }
  if (RESERVED_VARIABLE.test(name)) {
    return refuse('becomes a system property that the JVM or the engine reads: name it otherwise')
  }
  if (variable.test(value)) return []
  return refuse(
    variable === PLAIN_VARIABLE
      ? 'must have letters, digits and _ . : / + - only, and not begin with -: the script splits or evaluates anything else; write it into the config'
      : 'holds a character that this launcher cannot be given'
  )
}

function checkSetting([name, value]: readonly [string, string], rules: ValueRules): Finding[] {
  const { settings } = rules
  if (!rules.abilities.conf || !settings) return []
  const refuse = (code: string, message: string) => [refusal(code, `conf.${shown(name)}`, message)]
  if (!settings.name.test(name)) return refuse('BAD_SETTING', 'is not the name of a setting')
  const beginning = Object.keys(settings.reservedBeginnings).find((one) => name.startsWith(one))
  const instead = Object.hasOwn(settings.reserved, name)
    ? settings.reserved[name]
    : beginning && settings.reservedBeginnings[beginning]
  if (instead) return refuse('RESERVED_SETTING', instead)
  if (settings.value.test(value)) return []
  return refuse('BAD_SETTING', 'holds a character that this launcher cannot be given, or nothing')
}

function checkArgument(
  argument: string,
  at: number,
  request: LaunchRequest,
  rules: ValueRules
): Finding[] {
  if (!rules.abilities.args) return []
  const problem = PRINTABLE.test(argument)
    ? rules.argument?.(argument, request)
    : 'is empty, longer than 8192 characters, or holds one that cannot be printed'
  return problem === undefined ? [] : [refusal('BAD_ARGUMENT', `args.${at}`, problem)]
}

function checkMainClass(mainClass: string, rules: ValueRules): Finding[] {
  if (!rules.abilities.mainClass) return notSupported('mainClass', true, rules)
  if (MAIN_CLASS.test(mainClass)) return []
  return [refusal('BAD_CLASS', 'mainClass', 'is not the name of a class')]
}

/** A name that somebody made up, in a message. */
function shown(name: string): string {
  return name.replaceAll(/[^\w.$-]/g, '?').slice(0, 100)
}
