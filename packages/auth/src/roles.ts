/** From least to most: `viewer` reads, `operator` also changes, `admin` also sees what others may not. */
export const ROLES = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

/**
 * The roles in a login record or a token. Records of other systems have none: those are operators. Where `roles` is
 * given, only names known here count, and if none is known, the least counts.
 */
export function rolesOf(record: unknown): readonly Role[] {
  if (typeof record !== 'object' || record === null) return ['operator']
  const given = (record as { roles?: unknown }).roles
  if (given === undefined || given === null) return ['operator']
  const known = [given].flat().filter((role): role is Role => ROLES.includes(role as Role))
  return known.length > 0 ? known : ['viewer']
}

/** Is one of these roles `least`, or above it? */
export function atLeast(least: Role, roles: readonly Role[]): boolean {
  return roles.some((role) => ROLES.indexOf(role) >= ROLES.indexOf(least))
}
