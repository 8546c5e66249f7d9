import type { ParameterIssue } from '@scheduler-task/envelope/errors'
import type { LaunchRequest } from '../domain/launching.ts'

/** How one launcher is run: argv[0] is an absolute path, and nothing of it is given to a shell by us. */
export type LauncherCommand = Readonly<{
  argv: readonly string[]
  /** The whole environment, by name; the attempt's marker is added by whoever runs it. */
  environment: Readonly<Record<string, string>>
  /** The launcher lives as long as the job. */
  holdsDriver: boolean
}>

/**
 * Turns a validated request into what is run: validate, render, then argv and environment. Pure but for `prepare`;
 * one file a profile, so that a new version of a launcher is a new file.
 */
export type LauncherProfile = Readonly<{
  /** As in `SPARK_LAUNCHER` and `FLINK_LAUNCHER`. */
  name: string
  /** What this launcher cannot be given; empty when all is well. */
  check(request: LaunchRequest): readonly ParameterIssue[]
  /** The bytes of the launcher's own copy of the config. */
  render(request: LaunchRequest): Buffer
  /** `configPath`: absolute, made of `[A-Za-z0-9_./-]`, ending in `.conf`. Rejects when the host does not allow it. */
  command(request: LaunchRequest, configPath: string): Promise<LauncherCommand>
}>

/** Paths that reach a script's word splitting or `eval` (waterdrop.md §1.9). */
export const PLAIN_PATH = /^\/[A-Za-z0-9_./-]*$/
