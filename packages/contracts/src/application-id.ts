import { z } from 'zod'

/** `application_<cluster timestamp>_<sequence>`, as YARN writes it (yarn.md §5). */
export const applicationId = z
  .string()
  .regex(/^application_\d{1,19}_\d{1,19}$/, {
    error: 'must look like application_<digits>_<digits>'
  })
  .describe('A YARN application id')
  .meta({ examples: ['application_1592537240488_0084'] })
