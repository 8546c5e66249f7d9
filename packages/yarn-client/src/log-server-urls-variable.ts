import { z } from 'zod'
import { logServerUrls } from './log-servers.ts'

/** A variable with log servers: addresses by comma, checked; none is fine. */
export const logServerUrlsVariable = z
  .string()
  .default('')
  .transform((text, context) => {
    const urls = text
      .split(',')
      .map((url) => url.trim())
      .filter((url) => url !== '')
    try {
      return logServerUrls(urls)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
      return z.NEVER
    }
  })
