import type { FastifyPluginAsync } from 'fastify'
import type { FileStorage } from '../domain/file-storage.ts'
import { changeRoutes } from './change-routes.ts'
import { downloadRoutes } from './download-routes.ts'
import { strictQuery } from './strict-query.ts'
import { uploadRoutes } from './upload-routes.ts'

export type FileRoutesOptions = {
  storage: FileStorage
  maxUploadBytes: number
  uploadTimeoutMs: number
  idleMs: number
}

/** All calls below `/file`, for users that the surrounding scope has let in. */
export const fileRoutes: FastifyPluginAsync<FileRoutesOptions> = async (app, options) => {
  const { storage, idleMs, maxUploadBytes: maxBytes, uploadTimeoutMs: timeoutMs } = options
  app.addHook('preValidation', async (request) => {
    request.query = strictQuery(request.raw.url ?? '')
  })
  await app.register(changeRoutes, { storage })
  await app.register(uploadRoutes, { storage, maxBytes, timeoutMs, idleMs })
  await app.register(downloadRoutes, { storage, idleMs })
}
