import type { Random } from './random.ts'

export const WRAPPERS = ['plain', 'bash', 'node', 'python', 'away'] as const
export type Wrapper = (typeof WRAPPERS)[number] | 'twice'

/** What one job is to be and to do; times in milliseconds. */
export type JobPlan = Readonly<{
  taskName: string
  engine: 'spark' | 'flink'
  deployMode: 'client' | 'cluster'
  /** Null: until it is stopped. */
  runMs: number | null
  acceptMs: number
  registerMs: number
  wrapper: Wrapper
  /** Before the launcher begins. */
  delayMs: number
  /** How long a child of the launcher stays. */
  leavesMs: number
  /** Ends with this code, without an application. */
  failsWith?: number
  isStubborn?: boolean
}>

/** A job with every choice made by `random`. */
export function planJob(random: Random, taskName: string, fixed: Partial<JobPlan> = {}): JobPlan {
  const engine = random.chance(0.25) ? 'flink' : 'spark'
  return {
    taskName,
    engine,
    deployMode: engine === 'spark' && random.chance(0.5) ? 'cluster' : 'client',
    runMs: random.between(100, 3000),
    acceptMs: random.between(5, 600),
    registerMs: random.between(5, 600),
    wrapper: random.pick(WRAPPERS),
    delayMs: random.chance(0.5) ? 0 : random.between(20, 900),
    leavesMs: random.between(50, 1500),
    ...fixed
  }
}

/** The config that makes the launchers do it. */
export function configOf(plan: JobPlan): string {
  const { wrapper, delayMs, leavesMs, failsWith, isStubborn = false } = plan
  const faults = {
    ...(failsWith !== undefined && { exitWithoutApplication: failsWith }),
    ...(isStubborn && { ignoreSigterm: true })
  }
  const words = [
    `wrapper=${wrapper}`,
    `delay=${delayMs / 1000}`,
    `leaves=${leavesMs / 1000}`,
    ...(Object.keys(faults).length > 0 ? [`faults=${JSON.stringify(faults)}`] : [])
  ]
  const source = plan.runMs === null ? 'FakeStream' : 'Fake'
  const settings = {
    ...(plan.runMs !== null && { 'sandbox.run.ms': plan.runMs }),
    'sandbox.accept.ms': plan.acceptMs,
    'sandbox.register.ms': plan.registerMs
  }
  const lines = Object.entries(settings).map(([name, value]) => `  ${name} = ${value}`)
  return `# chaos ${words.join(' ')}\nenv {\n${lines.join('\n')}\n}\nsource {\n  ${source} { result_table_name = "t" }\n}\ntransform { }\nsink {\n  Console { }\n}\n`
}

/** Body of `POST /executor/v2/jobs`. */
export function jobBody(plan: JobPlan): Record<string, unknown> {
  const { engine, taskName, deployMode } = plan
  return { engine, taskName, ...(engine === 'spark' && { deployMode }), config: configOf(plan) }
}
