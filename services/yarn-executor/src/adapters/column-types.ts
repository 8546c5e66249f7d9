import type { ColumnDefinitionBuilder, Expression } from 'kysely'
import { sql } from './kysely.ts'
import type { SqlKind } from './sql-database.ts'

type ColumnType = 'integer' | 'bigint' | 'bytea' | 'blob' | Expression<unknown>
type Build = (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder

/** How the two databases call the same thing. */
export type ColumnTypes = Readonly<{
  kind: SqlKind
  /**
   * Text of any length: SQLite does not mind `length`, and what an ResourceManager answers has none. PostgreSQL sorts
   * it by bytes, as SQLite does.
   */
  text: (length?: number) => Expression<unknown>
  bytes: ColumnType
  /** A whole number that the database gives, in rising order, never twice. */
  key: { type: ColumnType; build: Build }
}>

export function columnTypes(kind: SqlKind): ColumnTypes {
  if (kind === 'sqlite') {
    return {
      kind,
      text: (length) => (length ? sql.raw(`varchar(${length})`) : sql.raw('text')),
      bytes: 'blob',
      key: { type: 'integer', build: (column) => column.primaryKey().autoIncrement() }
    }
  }
  return {
    kind,
    text: () => sql.raw('text collate "C"'),
    bytes: 'bytea',
    key: {
      type: 'bigint',
      build: (column) => column.generatedAlwaysAsIdentity().primaryKey()
    }
  }
}
