import { downloadQuery } from '@scheduler-task/contracts/file'
import { DOWNLOAD_FAILED } from '@scheduler-task/envelope/codes'
import { parseFilePath } from '@scheduler-task/file-root/file-path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { FileStorage, StoredFile } from '../domain/file-storage.ts'
import { explained, preconditionFailed, rangeNotSatisfiable } from '../errors.ts'
import { byteRange } from './byte-range.ts'
import { attachment } from './content-disposition.ts'
import { downloadAnswers } from './file-answers.ts'
import { precondition, rangeStillFits } from './preconditions.ts'

export type DownloadOptions = { storage: FileStorage; idleMs: number }

/** `GET /file/download`: the bytes themselves, whole or one range of them; failures keep their HTTP status. */
export const downloadRoutes: FastifyPluginAsyncZod<DownloadOptions> = async (
  app,
  { storage, idleMs }
) => {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/file/download',
    schema: { summary: 'Download a file (下载文件)', querystring: downloadQuery },
    config: {
      failure: DOWNLOAD_FAILED,
      refusals: [404, 412, 416],
      openApi: { responses: downloadAnswers }
    },
    handler: async (request, reply) => {
      const file = await openFile(storage, request.query.srcfile)
      try {
        const body = answerWith(file, request, reply)
        if (!body) await file.close()
        request.raw.socket.setTimeout(idleMs)
        return reply.send(body)
      } catch (error) {
        await file.close()
        throw error
      }
    }
  })
}

async function openFile(storage: FileStorage, text: string): Promise<StoredFile> {
  try {
    return await storage.open(parseFilePath(text))
  } catch (error) {
    throw explained(error, 'srcfile')
  }
}

/** Sets status and headers; answers the body, or `undefined` where there is none to send. */
function answerWith(file: StoredFile, request: FastifyRequest, reply: FastifyReply) {
  const { headers } = request
  const validators = { etag: `"${file.version}"`, modifiedAt: file.modifiedAt }
  const condition = precondition(headers, validators)
  if (condition === 'failed') throw preconditionFailed()
  reply.headers({
    etag: validators.etag,
    'last-modified': file.modifiedAt.toUTCString(),
    'cache-control': 'private, no-cache'
  })
  if (condition === 'not-modified') {
    reply.code(304)
    return undefined
  }

  const isHead = request.method === 'HEAD'
  const asked = !isHead && rangeStillFits(headers['if-range'], validators)
  const range = asked ? byteRange(headers.range, file.bytes) : undefined
  if (range === 'none') {
    reply.header('content-range', `bytes */${file.bytes}`)
    throw rangeNotSatisfiable(file.bytes)
  }
  if (range) {
    const last = range.start + range.length - 1
    reply.code(206).header('content-range', `bytes ${range.start}-${last}/${file.bytes}`)
  }
  const part = range ?? { start: 0, length: file.bytes }
  reply.headers({
    'content-type': 'application/octet-stream',
    'content-length': part.length,
    'content-disposition': attachment(file.name),
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff'
  })
  return isHead ? undefined : file.read(part)
}
