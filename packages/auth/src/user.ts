import type { Role } from './roles.ts'

/** Who makes a request. `sessionId` is the token's `jti`, empty where nobody is asked for a token. */
export type User = Readonly<{ name: string; roles: readonly Role[]; sessionId: string }>
