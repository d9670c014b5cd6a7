import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AppError } from '../../platform/errors'
import {
  fetchPage,
  listSchema,
  pageQuerySchema,
  principalOf,
  problems,
  requireUser,
} from '../../platform/http'
import type { StorageModule } from './index'
import { acceptForms } from './multipart-upload'
import {
  objectParamsSchema,
  storedFileSchema,
  toStoredFileView,
  toUploadTarget,
  uploadRequestSchema,
  uploadTargetSchema,
} from './schemas'
import { toFile } from './service'

type RoutesDependencies = Pick<
  StorageModule,
  'createUpload' | 'receiveForm' | 'signDownload' | 'deleteObject' | 'list'
>

export function storageRoutes(storage: RoutesDependencies): FastifyPluginAsyncZod {
  return async (app) => {
    await acceptForms(app)
    app.addHook('onRequest', requireUser)

    app.post(
      '/api/storage/upload',
      {
        config: { scope: 'storage:write', idempotent: true },
        schema: {
          tags: ['storage'],
          summary: 'Upload a file, or ask for an address to upload it to',
          description:
            'With `application/json`, the answer says where to send the bytes. With `multipart/form-data`, the part `file` is the file itself.',
          consumes: ['application/json', 'multipart/form-data'],
          body: uploadRequestSchema.nullish(),
          response: {
            201: z.union([uploadTargetSchema, storedFileSchema]),
            ...problems(400, 401, 413, 415, 422, 507),
          },
        },
      },
      async (request, reply) => {
        const { userId } = principalOf(request)
        reply.code(201)
        if (request.isMultipart()) {
          const { file } = await storage.receiveForm(userId, request)
          if (!file) throw new AppError('bad_request', { message: 'The form has no file.' })
          return toStoredFileView(file)
        }
        if (!request.body)
          throw new AppError('bad_request', { message: 'Describe the file as JSON, or send it.' })
        const { filename, content_type: contentType, bytes } = request.body
        const { objectId, signed } = await storage.createUpload(userId, { filename, contentType, bytes })
        return toUploadTarget(objectId, signed)
      },
    )

    app.get(
      '/api/storage/download/:id',
      {
        config: { scope: 'storage:read' },
        schema: {
          tags: ['storage'],
          summary: 'Download an upload',
          params: objectParamsSchema,
          response: { 302: z.null().describe('To a signed address'), ...problems(401, 404, 409) },
        },
      },
      async (request, reply) => {
        const { url } = await storage.signDownload(principalOf(request).userId, request.params.id)
        return reply.header('cache-control', 'no-store').redirect(url, 302)
      },
    )

    app.delete(
      '/api/storage/delete/:id',
      {
        config: { scope: 'storage:write' },
        schema: {
          tags: ['storage'],
          summary: 'Delete an upload',
          params: objectParamsSchema,
          response: { 204: z.null(), ...problems(401, 404, 409) },
        },
      },
      async (request, reply) => {
        await storage.deleteObject(principalOf(request).userId, request.params.id)
        return reply.code(204).send(null)
      },
    )

    app.get(
      '/api/storage',
      {
        config: { scope: 'storage:read' },
        schema: {
          tags: ['storage'],
          summary: 'List your uploads, newest first',
          querystring: pageQuerySchema,
          response: { 200: listSchema(storedFileSchema), ...problems(400, 401) },
        },
      },
      async (request) =>
        fetchPage({
          url: '/api/storage',
          query: request.query,
          find: (page) => storage.list(principalOf(request).userId, page),
          toItem: (row) => toStoredFileView(toFile(row)),
        }),
    )
  }
}
