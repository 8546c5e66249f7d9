/** The part of a logger that the domain needs. */
export interface Log {
  warn: (fields: Readonly<Record<string, unknown>>, text: string) => void
}
