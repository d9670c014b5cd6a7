import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AppError } from '../../platform/errors'
import {
  capabilityScope,
  invalidFields,
  listSchema,
  pageQuerySchema,
  principalOf,
  problems,
  requireScope,
  requireUser,
} from '../../platform/http'
import type { ObjectStore } from '../../platform/objects'
import { acceptForms, type StorageModule } from '../storage'
import { streamJobEvents, type JobEvents } from './event-stream'
import { streamParts } from './part-stream'
import {
  acceptedJobSchema,
  downloadQuerySchema,
  jobIdParamsSchema,
  jobStatusSchema,
  jobViewSchema,
  processAudioSchema,
} from './schemas'
import type { JobService } from './service'

export interface JobRoutesOptions {
  service: JobService
  events: JobEvents
  objects: ObjectStore
  storage: Pick<StorageModule, 'receiveForm' | 'deleteObject'>
}

const tags = ['audio']

export function jobRoutes({ service, events, objects, storage }: JobRoutesOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.addHook('onRequest', requireUser)
    await acceptForms(app)

    app.post(
      '/api/audio/process-audio',
      {
        config: { scope: capabilityScope, idempotent: true },
        // A transcript of hours may be among the parameters.
        bodyLimit: 16 * 1024 * 1024,
        schema: {
          tags,
          summary: 'Start a job',
          description:
            'JSON with an upload id or a text; or multipart/form-data with the fields of the JSON body and the recording in `file`.',
          consumes: ['application/json', 'multipart/form-data'],
          // Multipart bodies are streamed by the handler, which checks the fields against the same schema.
          body: processAudioSchema.or(z.undefined()).or(z.null()),
          response: { 202: acceptedJobSchema, ...problems(400, 401, 404, 409, 413, 415, 422, 424, 429, 503) },
        },
      },
      async (request, reply) => {
        const { userId } = principalOf(request)
        reply.code(202)
        if (request.isMultipart()) return startFromForm(userId, request)
        if (!request.body) throw new AppError('bad_request', { message: 'The request has no body.' })
        requireScope(request, `${request.body.capability}:write`)
        return service.create(userId, request.body)
      },
    )

    /** The file goes to the store as it arrives; where the job is refused in the end, it goes again. */
    async function startFromForm(userId: string, request: FastifyRequest) {
      const { file, fields } = await storage.receiveForm(userId, request)
      try {
        const body = parseFields(fields)
        requireScope(request, `${body.capability}:write`)
        return await service.create(userId, file ? { ...body, input_data: file.objectId } : body)
      } catch (error) {
        if (file) await storage.deleteObject(userId, file.objectId).catch(() => undefined)
        throw error
      }
    }

    app.get(
      '/api/audio/job-status/:job_id',
      {
        config: { scope: 'jobs:read' },
        schema: {
          tags,
          summary: 'State, progress and result of a job',
          params: jobIdParamsSchema,
          response: { 200: jobViewSchema, ...problems(400, 401, 404) },
        },
      },
      // Serialised already: the answer to a poll is not checked against its schema again.
      async (request, reply) => {
        const json = await service.getJson(principalOf(request).userId, request.params.job_id)
        return reply.type('application/json; charset=utf-8').send(json as never)
      },
    )

    app.get(
      '/api/audio/jobs',
      {
        config: { scope: 'jobs:read' },
        schema: {
          tags,
          summary: 'Your jobs, newest first',
          querystring: pageQuerySchema.extend({
            capability: z.string().optional(),
            status: jobStatusSchema.optional(),
          }),
          response: { 200: listSchema(jobViewSchema), ...problems(400, 401) },
        },
      },
      async (request) => service.list(principalOf(request).userId, request.query),
    )

    app.get(
      '/api/audio/jobs/:job_id/events',
      {
        config: { scope: 'jobs:read' },
        schema: {
          tags,
          summary: 'Changes of a job as server-sent events',
          description:
            'Each event `job` carries the job as job-status shows it; its id is the revision. A client that comes back with Last-Event-ID gets what is newer. The stream ends with the job.',
          params: jobIdParamsSchema,
          produces: ['text/event-stream'],
        },
      },
      async (request, reply) => {
        const { userId } = principalOf(request)
        const jobId = request.params.job_id
        await streamJobEvents({
          request,
          reply,
          jobId,
          events,
          snapshot: () => service.snapshot(userId, jobId),
        })
      },
    )

    app.get(
      '/api/audio/jobs/:job_id/stream',
      {
        config: { scope: 'jobs:read' },
        schema: {
          tags,
          summary: 'The preview of a running job, as it is made',
          description:
            'The parts there are so far, then the others as they come; ends with the job. As long as previews are.',
          params: jobIdParamsSchema,
          produces: ['audio/mpeg'],
        },
      },
      async (request, reply) => {
        const { userId } = principalOf(request)
        const jobId = request.params.job_id
        await streamParts({ reply, jobId, events, objects, read: () => service.partState(userId, jobId) })
      },
    )

    app.post(
      '/api/audio/jobs/:job_id/cancel',
      {
        config: { scope: 'jobs:write' },
        schema: {
          tags,
          summary: 'Cancel a job',
          description:
            'A pending job ends at once, a running one within two seconds. Canceling a finished job changes nothing.',
          params: jobIdParamsSchema,
          response: { 200: jobViewSchema, ...problems(401, 404) },
        },
      },
      async (request) => service.cancel(principalOf(request).userId, request.params.job_id),
    )

    app.delete(
      '/api/audio/jobs/:job_id',
      {
        config: { scope: 'jobs:write' },
        schema: {
          tags,
          summary: 'Delete a finished job and its outputs',
          params: jobIdParamsSchema,
          response: { 204: z.null(), ...problems(401, 404, 409) },
        },
      },
      async (request, reply) => {
        await service.remove(principalOf(request).userId, request.params.job_id)
        return reply.code(204).send(null)
      },
    )

    app.get(
      '/api/audio/download-audio/:job_id',
      {
        config: { scope: 'jobs:write' },
        schema: {
          tags,
          summary: 'Download the output',
          description:
            'The first download debits the output’s duration once (a transcript: that of the recording); later ones are free. Answers with a redirect to a signed address.',
          params: jobIdParamsSchema,
          querystring: downloadQuerySchema,
          response: { ...problems(400, 401, 402, 403, 404, 409, 422) },
        },
      },
      async (request, reply) => {
        const principal = principalOf(request)
        // This GET charges: a link on another site must not make a logged-in browser follow it.
        if (principal.via === 'web' && request.headers['sec-fetch-site'] === 'cross-site') {
          throw new AppError('csrf_failed')
        }
        const { userId, grant } = principal
        const { url } = await service.download(userId, request.params.job_id, request.query, grant)
        return reply.header('cache-control', 'no-store').redirect(url, 302)
      },
    )
  }
}

function parseFields(fields: Record<string, string>) {
  const { parameters, ...rest } = fields
  const parsed = processAudioSchema.safeParse({
    input_type: 'audio',
    ...rest,
    ...(parameters === undefined ? {} : { parameters: parseJson(parameters) }),
  })
  if (parsed.success) return parsed.data
  throw invalidFields(
    parsed.error.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message })),
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidFields([{ field: 'parameters', message: 'Must be a JSON object.' }])
  }
}
