import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AuditAction, AuditLog } from '../../platform/audit'
import { AppError } from '../../platform/errors'
import { listSchema, pageQuerySchema, problems, requireAdmin } from '../../platform/http'
import type { JobQueues } from '../../platform/queue'
import { adminJobSchema, adminJobStatusSchema, type JobsModule } from '../jobs'
import type { ModelsModule } from '../models'
import { administratorOf } from './administrator'
import type { HealthFinding } from './health'

const tags = ['admin']
const security = [{ bearer: [] }]
const count = z.int()

const queueSchema = z.object({
  name: z.string().describe('A capability.'),
  paused: z.boolean(),
  deliveries: z
    .object({ waiting: count, active: count, delayed: count })
    .describe('Depth of the queue: hand-overs to workers.'),
  jobs: z
    .object({ pending: count, processing: count, completed: count, failed: count, canceled: count })
    .describe('By the rows, which are the truth; of the ended ones those of the last day.'),
})

const workerSchema = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.int(),
  cpus: z.int(),
  memory_bytes: z.number(),
  devices: z.array(z.string()).describe('Execution providers in order of preference.'),
  devices_in_use: z.array(z.string()).describe('Those that loaded models run on.'),
  capabilities: z.array(z.string()),
  concurrency: z.int(),
  jobs: z.int().describe('In hand.'),
  runners: z.array(
    z.object({ memory_bytes: z.number(), models: z.array(z.string()).describe('That are loaded.') }),
  ),
  started_at: z.string(),
  heartbeat_at: z.string(),
})

const healthSchema = z.object({
  status: z.enum(['ok', 'failing']),
  checks: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['ok', 'failing', 'off']),
      detail: z.string(),
      latency_ms: z.number(),
    }),
  ),
})

const retrySchema = z
  .strictObject({
    since: z.iso.datetime().optional().describe('Failed at this time or later; default: within a day.'),
    code: z.string().max(100).optional().describe('Failed for this reason only.'),
  })
  .nullish()

const dayMs = 24 * 3600 * 1000
const queueParams = z.object({ name: z.string().max(100) })
const jobParams = z.object({ id: z.uuid() })

export interface OperationRoutesOptions {
  queues: JobQueues
  jobs: Pick<JobsModule, 'administration'>
  models: Pick<ModelsModule, 'workers'>
  audit: AuditLog
  health(): Promise<HealthFinding[]>
}

/** Queues, jobs, workers and the health of what the product stands on. */
export function operationRoutes(options: OperationRoutesOptions): FastifyPluginAsyncZod {
  const { queues, models, audit } = options
  const { administration } = options.jobs

  async function listQueues() {
    const [deliveries, paused, jobs] = await Promise.all([
      queues.counts(),
      queues.paused(),
      administration.counts(),
    ])
    const none = { pending: 0, processing: 0, completed: 0, failed: 0, canceled: 0 }
    return Object.entries(deliveries).map(([name, depth]) => ({
      ...{ name, paused: paused[name] ?? false, deliveries: depth },
      jobs: { ...none, ...jobs.get(name) },
    }))
  }

  async function queueNamed(name: string) {
    const queue = (await listQueues()).find((candidate) => candidate.name === name)
    if (!queue) throw new AppError('not_found', { message: `There is no queue ${name}.` })
    return queue
  }

  return async (app) => {
    app.addHook('onRequest', requireAdmin)

    app.get(
      '/api/admin/queues',
      {
        schema: {
          tags,
          security,
          summary: 'Queues: depth, and jobs by status',
          response: { 200: listSchema(queueSchema), ...problems(401, 403) },
        },
      },
      async () => ({
        ...{ object: 'list' as const, url: '/api/admin/queues', has_more: false },
        data: await listQueues(),
      }),
    )

    const switches: [verb: string, paused: boolean, summary: string, action: AuditAction][] = [
      ['pause', true, 'Let workers take no more jobs of a queue', 'queue.paused'],
      ['resume', false, 'Let workers take jobs of a queue again', 'queue.resumed'],
    ]
    for (const [verb, paused, summary, action] of switches) {
      app.post(
        `/api/admin/queues/:name/${verb}`,
        {
          schema: {
            tags,
            security,
            summary,
            params: queueParams,
            response: { 200: queueSchema, ...problems(401, 403, 404) },
          },
        },
        async (request) => {
          const { name } = request.params
          await queues.setPaused(name, paused)
          await audit.record({ action, ...administratorOf(request), details: { queue: name } })
          return queueNamed(name)
        },
      )
    }

    app.post(
      '/api/admin/queues/:name/retry',
      {
        schema: {
          tags,
          security,
          summary: 'Run failed jobs of a queue again, up to a thousand',
          params: queueParams,
          body: retrySchema,
          response: { 200: z.object({ retried: z.int() }), ...problems(400, 401, 403, 404) },
        },
      },
      async (request) => {
        const { name } = request.params
        const { since, code } = request.body ?? {}
        await queueNamed(name)
        const retried = await administration.retryFailed(name, {
          since: since === undefined ? new Date(Date.now() - dayMs) : new Date(since),
          code,
        })
        const details = { queue: name, retried, code: code ?? null }
        await audit.record({ action: 'queue.retried', ...administratorOf(request), details })
        return { retried }
      },
    )

    app.get(
      '/api/admin/jobs',
      {
        schema: {
          tags,
          security,
          summary: 'Jobs of all accounts, newest first, with why they failed',
          querystring: pageQuerySchema.extend({
            status: adminJobStatusSchema.optional(),
            capability: z.string().max(100).optional(),
            user_id: z.uuid().optional(),
          }),
          response: { 200: listSchema(adminJobSchema), ...problems(400, 401, 403) },
        },
      },
      (request) => administration.list(request.query),
    )

    app.post(
      '/api/admin/jobs/:id/retry',
      {
        schema: {
          tags,
          security,
          summary: 'Run a failed job again',
          params: jobParams,
          response: { 202: z.object({ id: z.uuid() }), ...problems(401, 403, 404, 409) },
        },
      },
      async (request, reply) => {
        const { id } = request.params
        await administration.retryOne(id)
        await audit.record({ action: 'job.retried', ...administratorOf(request), details: { job_id: id } })
        return reply.code(202).send({ id })
      },
    )

    app.get(
      '/api/admin/workers',
      {
        schema: {
          tags,
          security,
          summary: 'Workers that are alive: host, devices, capabilities, and what they have in hand',
          response: { 200: listSchema(workerSchema), ...problems(401, 403) },
        },
      },
      async () => {
        const [reports, inHand] = await Promise.all([models.workers(), administration.inHand()])
        const data = reports.map(({ workerId, reportedAt, facts, runners }) => ({
          ...{ id: workerId, host: facts.host, pid: facts.pid, cpus: facts.cpus },
          memory_bytes: facts.memoryBytes,
          devices: [...facts.executionProviders],
          devices_in_use: [
            ...new Set(runners.flatMap((runner) => runner.models.map(({ provider }) => provider))),
          ],
          capabilities: [...facts.capabilities],
          concurrency: facts.concurrency,
          jobs: inHand.get(workerId) ?? 0,
          runners: runners.map((runner) => ({
            memory_bytes: runner.rssBytes,
            models: runner.models.map(({ id }) => id),
          })),
          started_at: facts.startedAt,
          heartbeat_at: reportedAt.toISOString(),
        }))
        return { object: 'list' as const, url: '/api/admin/workers', has_more: false, data }
      },
    )

    app.get(
      '/api/admin/health',
      {
        schema: {
          tags,
          security,
          summary: 'What the product stands on, and whether it is there',
          response: { 200: healthSchema, ...problems(401, 403) },
        },
      },
      async () => {
        const checks = await options.health()
        const failing = checks.some(({ status }) => status === 'failing')
        return { status: failing ? ('failing' as const) : ('ok' as const), checks }
      },
    )
  }
}
