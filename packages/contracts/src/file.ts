import { envelopeOf } from '@scheduler-task/envelope/envelope'
import { z } from 'zod'

const path = (what: string, example = 'c://test//test.txt') =>
  z
    .string({ error: `must be given once: ${what}` })
    .min(1, { error: 'must not be empty' })
    .max(4096, { error: 'may have at most 4096 characters' })
    .describe(`${what}; c://a//b.txt, C:\\a\\b.txt and /a/b.txt all lie below the file root`)
    .meta({ examples: [example] })

export const mkdirQuery = z.object({ dirName: path('the directory to make', 'c://test') })
export const createQuery = z.object({ fileName: path('the empty file to make') })
export const deleteQuery = z.object({
  fileName: path('the file or directory to delete', 'c://test')
})
export const uploadQuery = z.object({
  fileName: path('where the file goes', 'text.txt').optional(),
  overwrite: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default('true')
    .describe('false refuses to replace a file')
})
export const downloadQuery = z.object({ srcfile: path('the file to send') })

export const doneEnvelope = envelopeOf(z.literal(true))
