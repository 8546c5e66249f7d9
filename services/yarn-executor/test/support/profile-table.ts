import { type Abilities, type Engine, PROFILE_NAMES } from '../../src/domain/launching.ts'
import { PROFILES } from '../../src/launchers/launcher-profiles.ts'

const HEADER = [
  ...['profile', 'engine', 'runs', 'checked before', 'deployMode', 'name by', 'tags by'],
  ...['queue', 'variables', 'conf', 'args, class']
]
const ENGINES = ['spark', 'flink'] as const

/** What each profile can do, as the README shows it: every column as wide as its widest cell. */
export function profileTable(): string {
  const rows = PROFILE_NAMES.flatMap((name) =>
    ENGINES.flatMap((engine) => {
      const abilities: Abilities | undefined = PROFILES[name].facts.abilities[engine]
      return abilities ? [rowOf(name, engine, abilities)] : []
    })
  )
  const all = [HEADER, ...rows]
  const widths = HEADER.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  const rule = line(widths.map((width) => '-'.repeat(width)))
  return [line(HEADER), rule, ...rows.map(line)].join('\n')
}

function rowOf(name: string, engine: Engine, abilities: Abilities): string[] {
  const { runs, files, deployModes, queue, variables, conf, args, mainClass } = abilities
  const what = runs === 'config' ? `a config${endings(files)}` : `a program${endings(files)}`
  const can = (able: boolean) => (able ? 'yes' : '–')
  return [
    ...[`\`${name}\``, engine, what],
    runs === 'config' ? 'its text' : 'that it is one',
    deployModes.length === 0 ? 'none' : deployModes.join(', '),
    ...[abilities.name, abilities.tags],
    ...[can(queue), can(variables), can(conf), can(args && mainClass)]
  ]
}

function endings(files: readonly string[]): string {
  return files.length === 0 ? '' : ` (${files.join(', ')})`
}
