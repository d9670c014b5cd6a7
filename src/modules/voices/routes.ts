import { createReadStream } from 'node:fs'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AppError } from '../../platform/errors'
import {
  listSchema,
  pageQuerySchema,
  parseFields,
  principalOf,
  problems,
  requireUser,
} from '../../platform/http'
import { acceptForms, toUploadTarget, type StorageModule } from '../storage'
import {
  sampleFormSchema,
  uploadedVoiceSchema,
  uploadSampleSchema,
  voiceChangesSchema,
  voiceParamsSchema,
  voiceViewSchema,
  type UploadSampleRequest,
} from './schemas'
import type { Caller, NewSample, VoiceService } from './service'

const tags = ['voices']

export interface VoiceRoutesOptions {
  service: VoiceService
  storage: Pick<StorageModule, 'receiveForm' | 'deleteObject'>
}

export function voiceRoutes({ service, storage }: VoiceRoutesOptions): FastifyPluginAsyncZod {
  return async (app) => {
    await acceptForms(app)
    app.addHook('onRequest', requireUser)

    app.post(
      '/api/voice-library/upload-sample',
      {
        config: { scope: 'voices:write', idempotent: true },
        schema: {
          tags,
          summary: 'Add a voice to your library by a sample of it',
          description:
            'With `application/json`, the answer says where to send the sample. With `multipart/form-data`, the part `file` is the sample, beside the fields `voice_name`, `consent` (“true” for the standard statement, or JSON), `description` and `tags` (with commas). The sample is checked then; the voice’s `status` says with what outcome.',
          consumes: ['application/json', 'multipart/form-data'],
          // Forms are streamed by the handler, which checks their fields.
          body: uploadSampleSchema.nullish(),
          response: {
            201: uploadedVoiceSchema,
            ...problems(400, 401, 409, 413, 415, 422, 424, 507),
          },
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        reply.code(201)
        if (request.isMultipart()) return { voice: await addFromForm(caller, request) }
        if (!request.body) throw new AppError('bad_request', { message: 'Describe the sample, or send it.' })
        const { filename, content_type: contentType, bytes } = request.body
        const file = { filename, contentType, bytes }
        const { voice, objectId, signed } = await service.announce(caller, toSample(request.body), file)
        return { voice, upload: toUploadTarget(objectId, signed) }
      },
    )

    /** The file goes to the store as it arrives; where the voice is refused in the end, it goes again. */
    async function addFromForm(caller: Caller, request: FastifyRequest) {
      const { file, fields } = await storage.receiveForm(caller.userId, request)
      if (!file) throw new AppError('bad_request', { message: 'The form has no file.' })
      try {
        return await service.add(caller, toSample(parseFields(sampleFormSchema, fields)), file.objectId)
      } catch (error) {
        await storage.deleteObject(caller.userId, file.objectId).catch(() => undefined)
        throw error
      }
    }

    app.get(
      '/api/voice-library',
      {
        config: { scope: 'voices:read' },
        schema: {
          tags,
          summary: 'Your voices, newest first, and then the presets',
          description: 'Presets come on the last page, in addition to its `limit`.',
          querystring: pageQuerySchema.extend({
            search: z.string().trim().min(1).max(100).optional().describe('In name, description and tags.'),
            tag: z.string().trim().toLowerCase().min(1).max(40).optional(),
            kind: z.enum(['library', 'preset']).optional(),
          }),
          response: { 200: listSchema(voiceViewSchema), ...problems(400, 401) },
        },
      },
      (request) => service.list(principalOf(request).userId, request.query),
    )

    app.get(
      '/api/voice-library/:id',
      {
        config: { scope: 'voices:read' },
        schema: {
          tags,
          summary: 'A voice: what is known of it, and how its check went',
          params: voiceParamsSchema,
          response: { 200: voiceViewSchema, ...problems(401, 404) },
        },
      },
      (request) => service.get(principalOf(request).userId, request.params.id),
    )

    app.patch(
      '/api/voice-library/:id',
      {
        config: { scope: 'voices:write' },
        schema: {
          tags,
          summary: 'Rename or describe a voice',
          params: voiceParamsSchema,
          body: voiceChangesSchema,
          response: { 200: voiceViewSchema, ...problems(400, 401, 404) },
        },
      },
      (request) => service.change(principalOf(request).userId, request.params.id, request.body),
    )

    app.delete(
      '/api/voice-library/:id',
      {
        config: { scope: 'voices:write' },
        schema: {
          tags,
          summary: 'Withdraw a voice',
          description:
            'The sample is removed; jobs that would use the voice are refused, and running ones stopped. What was made with it before stays.',
          params: voiceParamsSchema,
          response: { 204: z.null(), ...problems(401, 404) },
        },
      },
      async (request, reply) => {
        await service.withdraw(callerOf(request), request.params.id)
        return reply.code(204).send(null)
      },
    )

    app.get(
      '/api/voice-library/:id/sample',
      {
        config: { scope: 'voices:read' },
        schema: {
          tags,
          summary: 'The sample of a voice',
          description: 'Redirects to a signed address; the sample of a preset comes at once.',
          params: voiceParamsSchema,
          response: { 302: z.null().describe('To a signed address'), ...problems(401, 404, 409) },
        },
      },
      async (request, reply) => {
        const sample = await service.sample(principalOf(request).userId, request.params.id)
        reply.header('cache-control', 'no-store')
        if ('url' in sample) return reply.redirect(sample.url, 302)
        return reply.type('audio/flac').send(createReadStream(sample.path) as never)
      },
    )
  }
}

function toSample({ voice_name: name, description, tags, consent }: SampleFields): NewSample {
  return { name, description, tags, consent }
}

type SampleFields = Pick<UploadSampleRequest, 'voice_name' | 'description' | 'tags'> & {
  consent: NewSample['consent']
}

export function callerOf(request: FastifyRequest): Caller {
  return { userId: principalOf(request).userId, ipAddress: request.ip }
}
