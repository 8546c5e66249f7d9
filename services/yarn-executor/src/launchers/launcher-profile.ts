import type { Finding } from '@scheduler-task/job-config/finding'
import type { Abilities, Engine, LaunchRequest, ProfileName } from '../domain/launching.ts'

/** How one launcher is run: argv[0] is an absolute path, and nothing of it is given to a shell by us. */
export type LauncherCommand = Readonly<{
  argv: readonly string[]
  /** The whole environment, by name; the attempt's marker is added by whoever runs it. */
  environment: Readonly<Record<string, string>>
  /** The launcher lives as long as the job. */
  holdsDriver: boolean
}>

/**
 * Turns a validated request into what is run: validate, render, then argv and environment. Pure but for `command`;
 * one file a profile, so that a new version of a launcher is a new file.
 */
export type LauncherProfile = Readonly<{
  name: ProfileName
  /** On the engine that it was made for. */
  abilities: Abilities
  /** An error of the job may leave no trace but in its output: exit status and final status say that all is well. */
  swallowsErrors: boolean
  /** What this launcher cannot be given (`error`), and what else is worth knowing; empty when all is well. */
  check(request: LaunchRequest): readonly Finding[]
  /** The bytes of the launcher's own copy of the config; not asked for a request with a `program`. */
  render(request: LaunchRequest): Buffer
  /**
   * `configPath`: absolute, made of `[A-Za-z0-9_./-]`, with the extension of what was rendered (`.conf`, `.json`, `.py`)
   * or of the program (`.jar`). Rejects with `NotStarted` when the host does not allow it, and for values that `check`
   * refuses.
   */
  command(request: LaunchRequest, configPath: string): Promise<LauncherCommand>
}>

/** What is true of a profile on every host. */
export type ProfileFacts = Readonly<{
  name: ProfileName
  swallowsErrors: boolean
  /** Only the engines that it can launch. */
  abilities: Readonly<Partial<Record<Engine, Abilities>>>
}>

/** Variables that say where launchers are installed. */
export const HOME_VARIABLES = [
  'WATERDROP_HOME',
  'WATERDROP_1_HOME',
  'SEATUNNEL_HOME',
  'SPARK_HOME',
  'FLINK_HOME'
] as const
export type HomeVariable = (typeof HOME_VARIABLES)[number]

/** What the host offers to launchers. */
export type Installation = Readonly<{
  homes: Readonly<Partial<Record<HomeVariable, string>>>
  /** Absolute path of bash: other shells cannot read the scripts. */
  bash: string
  environment: Readonly<Record<string, string>>
  /** Plugins of the team's own that no catalogue has. */
  extraPlugins?: readonly string[]
}>

/** A variable is not set, or what it names cannot be used. */
export class MissingHome extends Error {
  override readonly name = 'MissingHome'
  readonly variable: HomeVariable
  readonly problem: string

  constructor(variable: HomeVariable, problem: string) {
    super(`${variable}: ${problem}`)
    this.variable = variable
    this.problem = problem
  }
}

/** @throws MissingHome when it is not set; `what` the profile runs there. */
export function homeOf({ homes }: Installation, variable: HomeVariable, what: string): string {
  const home = homes[variable]
  if (!home) throw new MissingHome(variable, `missing: ${what}`)
  return home
}

/** Paths that reach a script's word splitting or `eval` (waterdrop.md §1.9). */
export const PLAIN_PATH = /^\/[A-Za-z0-9_./-]*$/
