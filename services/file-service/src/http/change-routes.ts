import { createQuery, deleteQuery, doneEnvelope, mkdirQuery } from '@scheduler-task/contracts/file'
import { CREATE_FAILED, DELETE_FAILED, MKDIR_FAILED } from '@scheduler-task/envelope/codes'
import { ok } from '@scheduler-task/envelope/envelope'
import { formatFilePath, parseFilePath } from '@scheduler-task/file-root/file-path'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { FilePath, FileStorage } from '../domain/file-storage.ts'
import { explained } from '../errors.ts'

/** `mkdir`, `create` and `del`: the document's GETs, and the methods that fit what they do. HEAD would do it too: no. */
export const changeRoutes: FastifyPluginAsyncZod<{ storage: FileStorage }> = async (
  app,
  { storage }
) => {
  const response = { 200: doneEnvelope }
  const refusals = [413]
  // All they need is in the query; whatever body a client adds is read, up to the limit, and means nothing.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async () => undefined)

  app.route({
    method: ['GET', 'POST'],
    url: '/file/mkdir',
    exposeHeadRoute: false,
    schema: { summary: 'Make a directory (创建目录)', querystring: mkdirQuery, response },
    config: { failure: MKDIR_FAILED, change: 'file.mkdir', refusals },
    handler: async (request) => {
      const act = (path: FilePath) => storage.makeDirectory(path)
      return change(request, { parameter: 'dirName', text: request.query.dirName, act })
    }
  })

  app.route({
    method: ['GET', 'POST'],
    url: '/file/create',
    exposeHeadRoute: false,
    schema: { summary: 'Make an empty file (创建文件)', querystring: createQuery, response },
    config: { failure: CREATE_FAILED, change: 'file.create', refusals },
    handler: async (request) => {
      const act = (path: FilePath) => storage.createEmpty(path)
      return change(request, { parameter: 'fileName', text: request.query.fileName, act })
    }
  })

  app.route({
    method: ['GET', 'DELETE'],
    url: '/file/del',
    exposeHeadRoute: false,
    schema: {
      summary: 'Delete a file or a directory (删除文件)',
      querystring: deleteQuery,
      response
    },
    config: { failure: DELETE_FAILED, change: 'file.del', refusals },
    handler: async (request) => {
      const act = (path: FilePath) => storage.remove(path)
      return change(request, { parameter: 'fileName', text: request.query.fileName, act })
    }
  })
}

async function change(
  request: FastifyRequest,
  {
    parameter,
    text,
    act
  }: { parameter: string; text: string; act: (path: FilePath) => Promise<void> }
) {
  try {
    const path = parseFilePath(text)
    request.changed = { target: formatFilePath(path) }
    await act(path)
    return ok(true as const)
  } catch (error) {
    throw explained(error, parameter)
  }
}
