type Write = (fields: Readonly<Record<string, unknown>>, text: string) => void

/** What domain code logs with: ids as fields, the text fixed. `error` means that a person must act. */
export type Log = Readonly<{ debug: Write; info: Write; warn: Write; error: Write }>
