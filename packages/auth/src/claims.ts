import { z } from 'zod'

/** The last moment that a `Date` can say, in epoch seconds. */
const END_OF_TIME_S = 8_640_000_000_000

/** What a token must hold (public-api §2); more is allowed and ignored. Times are epoch seconds. */
export const tokenClaims = z.object({
  jti: z.string().min(1).max(1024),
  exp: z.number().finite().max(END_OF_TIME_S),
  nbf: z.number().finite().optional(),
  sub: z.string().max(1024).optional(),
  roles: z.unknown().optional()
})
export type TokenClaims = z.output<typeof tokenClaims>

/** Clocks of two machines may differ by this much, in seconds. */
export const CLOCK_LEEWAY_S = 30
