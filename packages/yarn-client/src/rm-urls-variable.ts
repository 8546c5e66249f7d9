import { z } from 'zod'
import { rmBaseUrls } from './rm-base-urls.ts'

/** The variable YARN_RM_URL of every service that asks a ResourceManager: addresses by comma, checked. */
export const rmUrlsVariable = z
  .string({ error: 'missing: the ResourceManager, as in http://rm.example:8088; several by comma' })
  .transform((text, context) => {
    const urls = text.split(',').map((url) => url.trim())
    try {
      rmBaseUrls(urls)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
    }
    return urls
  })
