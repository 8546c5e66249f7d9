import { type CheckOptions, checkJobConfig } from '../../src/check-job-config.ts'
import type { Finding } from '../../src/finding.ts'

export type Family =
  | 'waterdrop-1'
  | 'waterdrop-2-spark'
  | 'waterdrop-2-flink'
  | 'seatunnel-2.3-spark'
  | 'seatunnel-2.3-flink'

/** Options as the executor gives them, with an empty environment. */
export function optionsFor(family: Family, changes: Partial<CheckOptions> = {}): CheckOptions {
  const engine = family.endsWith('flink') ? 'flink' : 'spark'
  const generation = family.replace(/-(spark|flink)$/, '') as CheckOptions['generation']
  return {
    generation,
    engine,
    json: false,
    refuseRootBrace: generation !== 'seatunnel-2.3' && engine === 'spark',
    extraPlugins: [],
    variables: {},
    environment: new Set(),
    mask: () => (line) => line,
    ...changes
  }
}

export function check(
  family: Family,
  text: string,
  changes: Partial<CheckOptions> = {}
): readonly Finding[] {
  return checkJobConfig(text, optionsFor(family, changes))
}

/** `error CODE 3:5 message`, without what is worth knowing only. */
export function told(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ severity }) => severity !== 'info')
    .map((one) => `${one.severity} ${one.code} ${one.line}:${one.column} ${one.message}`)
}
