import { z } from 'zod'

/**
 * `application_<cluster timestamp>_<sequence>`, as YARN writes and reads it (yarn.md §5; ApplicationId.fromString): a
 * Java long and a Java int, which have no more digits than that.
 */
export const APPLICATION_ID_PATTERN = /^application_(\d{1,19})_(\d{1,10})$/

export const applicationId = z
  .string()
  .regex(APPLICATION_ID_PATTERN, {
    error: 'must look like application_<digits>_<digits>'
  })
  .describe('A YARN application id')
  .meta({ examples: ['application_1592537240488_0084'] })
