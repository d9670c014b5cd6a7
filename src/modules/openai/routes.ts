import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AppError } from '../../platform/errors'
import { anyScope, requireUser, type Principal } from '../../platform/http'
import { acceptForms, type StorageModule, type StoredFile } from '../storage'
import { answerError, openAiErrors, parseForm, refused } from './errors'
import type { OpenAiModels } from './models'
import { callerOf } from './once'
import { abandonment, begun } from './run-job'
import {
  fieldsOf,
  modelSchema,
  speechRequestSchema,
  transcriptionRequestSchema,
  translationRequestSchema,
} from './schemas'
import type { Speech } from './speech'
import { readTranscriptionRequest, type ListenRequest, type Transcription } from './transcription'

export interface OpenAiRoutesOptions {
  models: OpenAiModels
  speech: Speech
  transcription: Transcription
  storage: Pick<StorageModule, 'receiveForm' | 'deleteObject'>
}

const tags = ['openai']
const onceByKey =
  'The same `Idempotency-Key` and request within 24 hours give the output of the same job, paid for once.'
const form = {
  consumes: ['multipart/form-data'],
  // Multipart bodies are streamed by the handler, which checks the fields itself.
  body: z.undefined().or(z.null()),
}
const errors = openAiErrors(400, 401, 403, 404, 409, 413, 429, 500, 501, 503)
const eventStream = 'text/event-stream; charset=utf-8'

/** OpenAI's audio API. Whatever goes wrong below `/v1` is told in OpenAI's form. */
export function openAiRoutes(options: OpenAiRoutesOptions): FastifyPluginAsyncZod {
  const { models, speech, transcription, storage } = options

  async function listen(
    request: FastifyRequest,
    reply: FastifyReply,
    read: (fields: Record<string, unknown>) => { asked: ListenRequest; stream: boolean },
  ): Promise<FastifyReply> {
    const caller = callerOf(request)
    const signal = abandonment(reply)
    if (!request.isMultipart()) throw refused('file', 'Send the recording as multipart/form-data.')
    const { file, values } = await storage.receiveForm(caller.userId, request)
    if (!file) throw refused('file', "Missing required parameter: 'file'.", 'missing_required_parameter')
    try {
      const { asked, stream } = read(fieldsOf(values))
      if (stream) return await sendEvents(reply, transcription.events(caller, file, asked, signal))
      const { contentType, content } = await transcription.whole(caller, file, asked, signal)
      return await reply.type(contentType).send(content)
    } catch (error) {
      await discard(caller, file)
      throw error
    }
  }

  /** A recording that no job took up; one that is a job's stays with it. */
  async function discard({ userId }: Principal, { objectId }: StoredFile): Promise<void> {
    await storage.deleteObject(userId, objectId).catch(() => undefined)
  }

  return async (app) => {
    app.setErrorHandler(answerError)
    await acceptForms(app)
    app.addHook('onRequest', (request, reply, done) => {
      reply.header('x-request-id', request.id)
      done()
    })

    app.post(
      '/v1/audio/speech',
      {
        onRequest: requireUser,
        config: { scope: 'text-to-speech:write' },
        schema: {
          tags,
          summary: 'Speech from a text, as OpenAI’s API makes it',
          description: onceByKey,
          body: speechRequestSchema,
          produces: ['audio/mpeg', 'text/event-stream'],
          response: errors,
        },
      },
      async (request, reply) => {
        const caller = callerOf(request)
        const { body } = request
        const signal = abandonment(reply)
        if (body.stream_format === 'sse') return sendEvents(reply, speech.events(caller, body, signal))
        const sound = body.stream_format
          ? Readable.from(await begun(speech.audio(caller, body, signal)), { objectMode: false })
          : await speech.whole(caller, body, signal)
        return reply.type(speech.contentTypeOf(body.response_format)).send(sound as never)
      },
    )

    app.post(
      '/v1/audio/transcriptions',
      {
        onRequest: requireUser,
        config: { scope: 'speech-to-text:write' },
        schema: {
          tags,
          summary: 'The text of a recording, as OpenAI’s API writes it',
          description: `Fields of the form: \`file\`, ${fieldNames(transcriptionRequestSchema)}. ${onceByKey}`,
          ...form,
          produces: ['application/json', 'text/plain', 'text/event-stream'],
          response: errors,
        },
      },
      async (request, reply) => {
        await listen(request, reply, (fields) => {
          const body = parseForm(transcriptionRequestSchema, fields)
          // As OpenAI documents it, whisper-1 ignores the field.
          const stream = body.stream && body.model !== 'whisper-1'
          return { asked: readTranscriptionRequest({ ...body, stream }, models), stream }
        })
        return reply
      },
    )

    app.post(
      '/v1/audio/translations',
      {
        onRequest: requireUser,
        config: { scope: 'speech-to-text:write' },
        schema: {
          tags,
          summary: 'The text of a recording in English, as OpenAI’s API writes it',
          description: `Fields of the form: \`file\`, ${fieldNames(translationRequestSchema)}. ${onceByKey}`,
          ...form,
          produces: ['application/json', 'text/plain'],
          response: errors,
        },
      },
      async (request, reply) => {
        await listen(request, reply, (fields) => {
          const { prompt, temperature, ...body } = parseForm(translationRequestSchema, fields)
          const asked: ListenRequest = {
            task: 'translate',
            model: models.translating(body.model).id,
            format: body.response_format,
            parameters: { temperature, ...(prompt === undefined ? {} : { prompt }) },
            granularities: ['segment'],
          }
          return { asked, stream: false }
        })
        return reply
      },
    )

    app.get(
      '/v1/models',
      {
        onRequest: requireUser,
        config: { scope: anyScope },
        schema: {
          tags,
          summary: 'Models that speak or listen, and OpenAI’s names for the defaults',
          response: {
            200: z.object({ object: z.literal('list'), data: z.array(modelSchema) }),
            ...openAiErrors(401),
          },
        },
      },
      () => ({ object: 'list' as const, data: models.list() }),
    )

    app.get(
      '/v1/models/:model',
      {
        onRequest: requireUser,
        config: { scope: anyScope },
        schema: {
          tags,
          summary: 'One model',
          params: z.object({ model: z.string() }),
          response: { 200: modelSchema, ...openAiErrors(401, 404) },
        },
      },
      (request) => models.get(request.params.model),
    )

    app.all('/v1/*', { schema: { hide: true } }, (request) => {
      const address = request.url.split('?', 1)[0] ?? ''
      throw new AppError('not_found', {
        message: `Unknown request URL: ${request.method} ${address}. Please check the URL for typos.`,
        details: { reason: 'unknown_url' },
      })
    })
  }
}

async function sendEvents(reply: FastifyReply, events: AsyncGenerator<string>): Promise<FastifyReply> {
  const stream = Readable.from(await begun(events), { objectMode: false })
  return reply.type(eventStream).header('cache-control', 'no-cache').send(stream)
}

function fieldNames(schema: z.ZodObject): string {
  return Object.keys(schema.shape)
    .map((name) => `\`${name}\``)
    .join(', ')
}
