import type { ParameterIssue } from '@scheduler-task/envelope/errors'
import { type ConfigOutline, outlineConfig } from '../domain/config-outline.ts'
import type { LaunchRequest } from '../domain/launching.ts'

export const MAX_CONFIG_BYTES = 1024 * 1024
/** waterdrop.md §4: also an empty `transform {}` must be there. */
const REQUIRED_BLOCKS = ['env', 'source', 'transform', 'sink'] as const
/** Ours come last and win, so what the user gave them does not matter. */
const OVERRIDDEN = new Set(['spark.app.name', 'spark.yarn.tags'])

/** What the 2.0.x launchers could not be given without harm: each issue says where and why. */
export function checkWaterdropConfig(request: LaunchRequest): readonly ParameterIssue[] {
  const { config, engine } = request
  if (config.byteLength > MAX_CONFIG_BYTES) {
    return [issue(`is larger than ${MAX_CONFIG_BYTES} bytes`)]
  }
  const text = asText(config)
  if (text === undefined) return [issue('is not UTF-8')]
  if (text.includes('\0')) return [issue('holds a NUL character')]
  const outline = outlineConfig(text)
  const found = outline.problems.map(({ line, column, message }) =>
    issue(`line ${line}, column ${column}: ${message}`)
  )
  if (found.length > 0) return found
  const missing = REQUIRED_BLOCKS.filter((name) => !outline.topLevelKeys.includes(name))
  if (missing.length > 0) return [issue(`has no top-level block ${missing.join(', ')}`)]
  return engine === 'spark' ? checkForSpark(outline) : []
}

function checkForSpark(outline: ConfigOutline): ParameterIssue[] {
  if (outline.rootBrace) {
    return [
      issue(
        'is one { … } (or JSON): the Spark launcher takes the name of the job from a block that is added at the end, ' +
          'so leave out the outer braces'
      )
    ]
  }
  const issues: ParameterIssue[] = []
  for (const { path, values, hasBlank, line } of outline.assignments) {
    if (path[0] !== 'env') continue
    const name = path.slice(1).join('->')
    if (name === 'spark.master' && values.join() !== 'yarn') {
      issues.push(issue(`line ${line}: env sets spark.master; only yarn makes an application`))
    } else if (hasBlank && !OVERRIDDEN.has(name)) {
      issues.push(
        issue(
          `line ${line}: the value of ${name} in env holds a blank (a list of several is printed with one) or a substitution, ` +
            'which may hold one: this launcher would take its second word for the job’s program'
        )
      )
    }
  }
  return issues
}

/**
 * The copy that the Spark launcher reads (waterdrop.md §2.2): the name in front, so that a leading comment does not
 * hide it from the script's grep, the user's bytes, and the name again as the last one, which wins in the grep and in
 * the driver. The tags stand there too, because a user's own `spark.yarn.tags` would beat SPARK_SUBMIT_OPTS in a driver
 * on this host.
 */
export function renderForSpark({ config, taskName, tags }: LaunchRequest): Buffer {
  return Buffer.concat([
    Buffer.from(`env { spark.app.name = "${taskName}" }\n`),
    config,
    Buffer.from(
      `\nenv {\n  spark.yarn.tags = "${tags.join(',')}"\n  spark.app.name = "${taskName}"\n}\n`
    )
  ])
}

function asText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function issue(message: string): ParameterIssue {
  return { path: 'configFile', message }
}
