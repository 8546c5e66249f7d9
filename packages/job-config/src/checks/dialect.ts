import { type Catalogue, catalogueOf, type PluginKind } from '../catalogue.ts'

export type ConfigGeneration = 'waterdrop-1' | 'waterdrop-2' | 'seatunnel-2.3'
export type ConfigEngine = 'spark' | 'flink'

/** How one generation of launchers calls its blocks, and what it knows (waterdrop.md §4). */
export type Dialect = Readonly<{
  generation: ConfigGeneration
  engine: ConfigEngine
  catalogue: Catalogue
  /** The block of the engine's settings. */
  environment: string
  blocks: Readonly<Record<PluginKind, string>>
  /** Blocks that may be left out. */
  optional: readonly PluginKind[]
  /** Other names for the tables of plugins, all read. */
  resultNames: readonly string[]
  sourceNames: readonly string[]
}>

export const PLUGIN_KINDS: readonly PluginKind[] = ['source', 'transform', 'sink']

export function dialectOf(generation: ConfigGeneration, engine: ConfigEngine): Dialect {
  const common = { generation, engine, environment: 'env' }
  if (generation === 'waterdrop-1') {
    return {
      ...common,
      environment: 'spark',
      catalogue: catalogueOf('waterdrop-1'),
      blocks: { source: 'input', transform: 'filter', sink: 'output' },
      optional: [],
      // Up to 1.3 it was called table_name.
      resultNames: ['result_table_name', 'table_name'],
      sourceNames: ['source_table_name']
    }
  }
  const blocks = { source: 'source', transform: 'transform', sink: 'sink' }
  if (generation === 'waterdrop-2') {
    return {
      ...common,
      catalogue: catalogueOf(engine === 'spark' ? 'waterdrop-2-spark' : 'waterdrop-2-flink'),
      blocks,
      optional: [],
      resultNames: ['result_table_name'],
      sourceNames: ['source_table_name']
    }
  }
  return {
    ...common,
    catalogue: catalogueOf('seatunnel-2.3'),
    blocks,
    optional: ['transform'],
    resultNames: ['result_table_name', 'plugin_output'],
    sourceNames: ['source_table_name', 'plugin_input']
  }
}
