import multipart from '@fastify/multipart'
import { doneEnvelope, uploadQuery } from '@scheduler-task/contracts/file'
import { UPLOAD_FAILED } from '@scheduler-task/envelope/codes'
import { ok } from '@scheduler-task/envelope/envelope'
import { formatFilePath, parseFilePath } from '@scheduler-task/file-root/file-path'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { FilePath, FileStorage } from '../domain/file-storage.ts'
import { badParameter, explained, notMultipart, uploadTooLarge, uploadTooSlow } from '../errors.ts'
import { uploadForm } from './file-answers.ts'
import { readUploadForm, type UploadForm } from './upload-form.ts'
import { announcesTooMuch } from './upload-limits.ts'

export type UploadOptions = {
  storage: FileStorage
  maxBytes: number
  timeoutMs: number
  idleMs: number
}

type Query = { fileName?: string | undefined; overwrite?: 'true' | 'false' | undefined }

/** `POST /file/upload`. A scope of its own: here a body may be anything, and is read as it comes. */
export const uploadRoutes: FastifyPluginAsyncZod<UploadOptions> = async (app, options) => {
  const underWay = new Set<Promise<void>>()
  app.removeAllContentTypeParsers()
  await app.register(multipart)
  // Connections may have been cut by now; what they sent is taken away before the process ends.
  app.addHook('onClose', async () => void (await Promise.allSettled(underWay)))

  app.post(
    '/file/upload',
    {
      schema: {
        summary: 'Upload a file (上传文件)',
        querystring: uploadQuery,
        response: { 200: doneEnvelope }
      },
      config: {
        failure: UPLOAD_FAILED,
        change: 'file.upload',
        refusals: [408],
        openApi: { requestBody: uploadForm }
      }
    },
    async (request) => {
      const upload = receiveUpload(request, request.query, options)
      underWay.add(upload)
      try {
        await upload
        return ok(true as const)
      } catch (error) {
        throw explained(error, 'fileName')
      } finally {
        underWay.delete(upload)
      }
    }
  )
}

/** Stores the file of a form and gives it its name; nothing is left when that fails. */
async function receiveUpload(
  request: FastifyRequest,
  query: Query,
  { storage, maxBytes, timeoutMs, idleMs }: UploadOptions
): Promise<void> {
  const named = pathOf(query.fileName)
  if (named) request.changed = { target: formatFilePath(named) }
  if (!request.isMultipart()) throw notMultipart()
  if (announcesTooMuch(request.headers['content-length'], maxBytes)) throw uploadTooLarge(maxBytes)
  const form = await withTimeLimit(request, { timeoutMs, idleMs }, (signal) =>
    readUploadForm(request, { storage, maxBytes, signal })
  )
  try {
    const target = targetOf(form, query)
    request.changed = { target: formatFilePath(target) }
    await form.file.publish(target, { replace: mayReplace(form, query) })
  } finally {
    await form.file.discard()
  }
}

/** Gives `read` a time limit as a whole, and the connection one for standing still. */
async function withTimeLimit<Result>(
  request: FastifyRequest,
  { timeoutMs, idleMs }: { timeoutMs: number; idleMs: number },
  read: (signal: AbortSignal) => Promise<Result>
): Promise<Result> {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(uploadTooSlow(timeoutMs)), timeoutMs)
  const { socket } = request.raw
  socket.setTimeout(idleMs)
  try {
    return await read(limit.signal)
  } finally {
    clearTimeout(timer)
    socket.setTimeout(0)
  }
}

function pathOf(text: string | undefined): FilePath | undefined {
  return text === undefined ? undefined : parseFilePath(text)
}

/** In the query, else as a field, else the part's own name; a contradiction is nobody's wish. */
function targetOf({ fields, partName }: UploadForm, query: Query): FilePath {
  const fromQuery = pathOf(query.fileName)
  const fromField = pathOf(fields.get('fileName'))
  if (fromQuery && fromField && formatFilePath(fromQuery) !== formatFilePath(fromField)) {
    throw badParameter('fileName', 'differs between the query and the form')
  }
  const target = fromQuery ?? fromField ?? pathOf(partName)
  if (!target) throw badParameter('fileName', 'is missing, and the file part has no filename')
  return target
}

function mayReplace({ fields }: UploadForm, query: Query): boolean {
  const field = fields.get('overwrite')
  if (field !== undefined && field !== 'true' && field !== 'false') {
    throw badParameter('overwrite', 'must be true or false')
  }
  return query.overwrite !== 'false' && field !== 'false'
}
