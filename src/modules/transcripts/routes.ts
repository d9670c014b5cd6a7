import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AppError } from '../../platform/errors'
import { listSchema, principalOf, problems, requireUser } from '../../platform/http'
import { beginningOf } from '../../transcript/segments'
import type { TranscriptsModule, TranscriptSource, TranscriptVersion } from './index'
import {
  correctTranscriptSchema,
  transcriptQuerySchema,
  transcriptVersionItemSchema,
  transcriptVersionSchema,
} from './schemas'

export interface TranscriptRoutesOptions {
  transcripts: TranscriptsModule
  /**
   * A user's own job, and whether its output was paid for.
   * @throws AppError `not_found`, `job_not_completed`, `conflict` where the output is no transcript.
   */
  sourceOf(userId: string, jobId: string): Promise<TranscriptSource & { downloaded: boolean }>
  /** Starts the job that finds a corrected transcript's times in the recording again. Resolves to its id. */
  align(userId: string, jobId: string, script: string, language: string | null): Promise<string>
  /** How much of an unpaid transcript is shown. */
  previewSeconds: number
}

const tags = ['audio']
const params = z.object({ job_id: z.uuid() })
const path = '/api/audio/jobs/:job_id/transcript'

export function transcriptRoutes(options: TranscriptRoutesOptions): FastifyPluginAsyncZod {
  const { transcripts, sourceOf, previewSeconds } = options

  async function paidSource(userId: string, jobId: string): Promise<TranscriptSource> {
    const source = await sourceOf(userId, jobId)
    if (source.downloaded) return source
    throw new AppError('not_downloaded', {
      message: 'Only a transcript that was downloaded once can be corrected; the download charges it.',
    })
  }

  return async (app) => {
    app.addHook('onRequest', requireUser)

    app.get(
      path,
      {
        config: { scope: 'jobs:read' },
        schema: {
          tags,
          summary: 'The transcript of a job',
          description: 'Until the output is downloaded for the first time, only its free beginning.',
          params,
          querystring: transcriptQuerySchema,
          response: { 200: transcriptVersionSchema, ...problems(400, 401, 404, 409) },
        },
      },
      async (request) => {
        const source = await sourceOf(principalOf(request).userId, request.params.job_id)
        const found = await transcripts.get(source, request.query.version)
        if (source.downloaded) return view(source, found, true)
        const transcript = beginningOf(found.transcript, previewSeconds)
        return view(source, { ...found, transcript }, transcript === found.transcript)
      },
    )

    app.put(
      path,
      {
        config: { scope: 'jobs:write' },
        bodyLimit: 16 * 1024 * 1024,
        schema: {
          tags,
          summary: 'Correct the transcript',
          description:
            'Adds a version. Segments without words get the times of the words that were there before; speakers are renamed in `speakers`.',
          params,
          body: correctTranscriptSchema,
          response: { 200: transcriptVersionSchema, ...problems(400, 401, 402, 404, 409) },
        },
      },
      async (request) => {
        const source = await paidSource(principalOf(request).userId, request.params.job_id)
        const { version, transcript } = request.body
        return view(source, await transcripts.correct(source, version, transcript), true)
      },
    )

    app.get(
      `${path}/versions`,
      {
        config: { scope: 'jobs:read' },
        schema: {
          tags,
          summary: 'The versions of a transcript, oldest first',
          params,
          response: { 200: listSchema(transcriptVersionItemSchema), ...problems(401, 404, 409) },
        },
      },
      async (request) => {
        const source = await sourceOf(principalOf(request).userId, request.params.job_id)
        const data = (await transcripts.versions(source)).map(({ version, createdAt }) => ({
          job_id: source.jobId,
          version,
          created_at: createdAt.toISOString(),
        }))
        return { object: 'list' as const, url: request.url, has_more: false, data }
      },
    )

    app.post(
      `${path}/align`,
      {
        config: { scope: 'speech-to-text:write', idempotent: true },
        schema: {
          tags,
          summary: 'Align the corrected transcript to the recording again',
          description:
            'Starts a speech-to-text job with `task: align`; its output is the transcript with new times.',
          params,
          response: { 202: z.object({ job_id: z.string() }), ...problems(401, 402, 404, 409, 410) },
        },
      },
      async (request, reply) => {
        const { userId } = principalOf(request)
        const source = await paidSource(userId, request.params.job_id)
        const { transcript } = await transcripts.get(source)
        reply.code(202)
        return { job_id: await options.align(userId, source.jobId, transcript.text, transcript.language) }
      },
    )
  }
}

function view(
  { jobId }: TranscriptSource,
  { version, createdAt, transcript }: TranscriptVersion,
  complete: boolean,
) {
  return { job_id: jobId, version, created_at: createdAt.toISOString(), complete, transcript }
}
