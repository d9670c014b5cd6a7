import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { AggregatorRegistry } from 'prom-client'
import type { ServerContainer } from './container'
import { AppError } from './platform/errors'

/** The metrics of other processes, as prom-client's JSON. */
export type WorkerMetrics = () => Promise<object[]>

const hidden = { schema: { hide: true } as object, config: { exempt: true } }

/** What orchestrators and monitoring ask: alive, ready, measured. */
export function operationsRoutes(
  container: ServerContainer,
  workerMetrics: WorkerMetrics,
): FastifyPluginAsync {
  const { config, database, objects, queues, metrics } = container
  return async (app) => {
    app.get('/healthz', hidden, () => ({ status: 'ok' }))

    app.get('/readyz', hidden, async (_request, reply) => {
      const checks = await Promise.all([
        check('database', () => database.$queryRaw`SELECT 1`),
        check('objects', () => objects.check()),
        check('queue', () => queues.counts()),
      ])
      const ready = checks.every(({ ok }) => ok)
      return reply.code(ready ? 200 : 503).send({
        status: ready ? 'ready' : 'not ready',
        checks: Object.fromEntries(checks.map(({ name, ok }) => [name, ok ? 'ok' : 'away'])),
      })
    })

    app.get('/metrics', hidden, async (request, reply) => {
      assertMayRead(request, config.METRICS_TOKEN)
      for (const [capability, counts] of Object.entries(await queues.counts())) {
        for (const [state, value] of Object.entries(counts))
          metrics.queueJobs.set({ capability, state }, value as number)
      }
      const own = await metrics.registry.getMetricsAsJSON()
      const all = AggregatorRegistry.aggregate<'text/plain; version=0.0.4; charset=utf-8'>([
        own,
        ...(await workerMetrics()),
      ] as never)
      return reply.header('content-type', all.contentType).send(await all.metrics())
    })
  }
}

const checkTimeoutMs = 3000

async function check(name: string, ask: () => PromiseLike<unknown>): Promise<{ name: string; ok: boolean }> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), checkTimeoutMs)
  })
  try {
    await Promise.race([ask(), late])
    return { name, ok: true }
  } catch {
    return { name, ok: false }
  } finally {
    clearTimeout(timer)
  }
}

/** With a token configured, whoever has it; without one, this machine only. */
function assertMayRead(request: FastifyRequest, token: string | undefined): void {
  if (token !== undefined) {
    if (request.headers.authorization === `Bearer ${token}`) return
    throw new AppError('not_authenticated', { message: 'Send the METRICS_TOKEN as bearer token.' })
  }
  if (['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(request.ip)) return
  throw new AppError('forbidden', { message: 'Set METRICS_TOKEN to read metrics from another machine.' })
}
