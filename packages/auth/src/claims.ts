import { z } from 'zod'

/** What a token must hold (public-api §2); more is allowed and ignored. Times are epoch seconds. */
export const tokenClaims = z.object({
  jti: z.string().min(1).max(1024),
  exp: z.number().finite(),
  nbf: z.number().finite().optional(),
  sub: z.string().max(1024).optional(),
  roles: z.unknown().optional()
})
export type TokenClaims = z.output<typeof tokenClaims>

/** Clocks of two machines may differ by this much, in seconds. */
export const CLOCK_LEEWAY_S = 30
