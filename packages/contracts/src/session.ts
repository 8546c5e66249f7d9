import { envelopeOf } from '@scheduler-task/envelope/envelope'
import { z } from 'zod'

export const loginBody = z
  .object({
    username: z
      .string({ error: 'must be a text' })
      .min(1, { error: 'must not be empty' })
      .max(256, { error: 'may have at most 256 characters' }),
    password: z
      .string({ error: 'must be a text' })
      .min(1, { error: 'must not be empty' })
      .max(1024, { error: 'may have at most 1024 characters' }),
    cookie: z
      .boolean({ error: 'must be true or false' })
      .optional()
      .describe('true also sets the token as a cookie')
  })
  .meta({ examples: [{ username: 'admin', password: 'the password' }] })
export type LoginBody = z.output<typeof loginBody>

export const loginEnvelope = envelopeOf(
  z.object({
    token: z.string().describe('Send it in the header token'),
    expiresAt: z.iso.datetime()
  })
)
export const logoutEnvelope = envelopeOf(z.literal(true))
export const meEnvelope = envelopeOf(
  z.object({
    name: z.string(),
    roles: z.array(z.string()),
    expiresAt: z.iso.datetime().nullable().describe('null where nobody is asked for a token')
  })
)

export const sessionParameters = z.object({ id: z.string().min(1).max(1024) })

export const whoseSessions = z.object({
  user: z
    .string()
    .min(1, { error: 'must not be empty' })
    .max(256, { error: 'may have at most 256 characters' })
    .optional()
    .describe('Name of another user; for admins'),
  all: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .optional()
    .transform((text) => text === 'true')
    .describe('`true`: of all users; for admins')
})

export const sessionListEnvelope = envelopeOf(
  z.object({
    items: z.array(
      z.object({
        id: z.string().describe('The `jti` of its tokens'),
        name: z.string().describe('Whose it is'),
        roles: z.array(z.string()),
        createdAt: z.iso.datetime(),
        expiresAt: z.iso.datetime(),
        current: z.boolean().describe('Whether it is the one that asks')
      })
    ),
    total: z.int().describe('How many there are, also when not all are shown')
  })
)
export const endedCountEnvelope = envelopeOf(z.object({ ended: z.int() }))
