import { readFileSync } from 'node:fs'
import path from 'node:path'
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import type { ServerContainer } from './container'
import { downloadMinutesRoutes } from './modules/billing'
import { dictionaryRoutes } from './modules/dictionaries'
import { modelRoutes } from './modules/models'
import { storageRoutes } from './modules/storage'
import { transcriptRoutes } from './modules/transcripts'
import { answerFrameworkError, installHttp } from './platform/http'
import { newId } from './platform/ids'
import { isDiskObjectStore, objectRoutes } from './platform/objects'
import { operationsRoutes, type WorkerMetrics } from './operations'
import { createLoadContext } from './web-context'
import { webUi } from './web-ui'

export interface AppOptions {
  /** The web UI: as it was built, through Vite with hot reload, or not at all. */
  web: 'build' | 'vite' | 'none'
  version: string
  /** Metrics of the worker that this server supervises. */
  workerMetrics: WorkerMetrics
}

const jsonBodyBytes = 1024 * 1024

/** The whole HTTP side: what all routes share, the routes of every module, the docs and the web UI. */
export async function buildApp(container: ServerContainer, options: AppOptions): Promise<FastifyInstance> {
  const { config, logger, objects, storage, users, jobs, models } = container
  // Widened, or the instance would be of another type than every plugin expects.
  const loggerInstance: FastifyBaseLogger = logger
  const app: FastifyInstance = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.TRUST_PROXY ?? false,
    bodyLimit: jsonBodyBytes,
    genReqId: () => newId(),
    forceCloseConnections: 'idle',
    frameworkErrors: answerFrameworkError,
    routerOptions: { maxParamLength: 2048 },
  })
  refuseUndescribedRoutes(app)
  observeRequests(app, container)
  const objectOrigins = config.S3_ENDPOINT ? [config.S3_PUBLIC_ENDPOINT ?? config.S3_ENDPOINT] : []
  await installHttp(app, {
    authenticator: { ...users, authenticateGrant: container.keys.authenticateGrant },
    counters: container.counters,
    idempotency: container.idempotency.store,
    publicUrl: config.publicUrl,
    rateLimitPerMinute: config.RATE_LIMIT_PER_MINUTE,
    secret: container.idempotency.secret,
    objectOrigins,
    development: options.web === 'vite',
  })
  await documentApi(app, options.version)

  await app.register(users.routes)
  await app.register(container.personalData.routes)
  for (const routes of container.keys.routes) await app.register(routes)
  await app.register(storageRoutes(storage))
  await app.register(modelRoutes(models))
  await app.register(jobs.routes)
  for (const routes of container.billing.routes) await app.register(routes)
  for (const routes of container.payments.routes) await app.register(routes)
  await app.register(downloadMinutesRoutes(jobs.service))
  for (const routes of container.voices.routes) await app.register(routes)
  await app.register(
    transcriptRoutes({
      transcripts: container.transcripts,
      sourceOf: jobs.service.transcriptSource,
      align: jobs.service.align,
      previewSeconds: config.PREVIEW_SECONDS || Infinity,
    }),
  )
  await app.register(dictionaryRoutes(container.dictionaries))
  for (const routes of container.notifications.routes) await app.register(routes)
  for (const routes of container.admin.routes) await app.register(routes)
  await app.register(container.openAi.routes)
  await app.register(operationsRoutes(container, options.workerMetrics))
  if (isDiskObjectStore(objects)) {
    await app.register(objectRoutes, { store: objects, onStored: (key) => storage.confirmKey(key) })
  }
  if (options.web === 'none') return app
  await app.register(webUi, {
    root: config.rootDir,
    dev: options.web === 'vite',
    getLoadContext: createLoadContext(container, options.version),
  })
  return app
}

/** A route that nobody can find in the documentation does not start; pages and files say `hide`. */
function refuseUndescribedRoutes(app: FastifyInstance): void {
  app.addHook('onRoute', ({ url, method, schema }) => {
    if (url.startsWith('/api/') && !url.startsWith('/api/docs') && !schema) {
      throw new Error(`${String(method)} ${url} has no schema`)
    }
  })
}

function observeRequests(app: FastifyInstance, { metrics }: ServerContainer): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    const seconds = reply.elapsedTime / 1000
    metrics.requestSeconds.observe({ method: request.method, route, status: reply.statusCode }, seconds)
    request.log.debug(
      { method: request.method, url: request.url, status: reply.statusCode, seconds },
      'answered',
    )
    done()
  })
}

async function documentApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Timbre',
        version,
        description:
          'Errors are problem details (RFC 9457) with a stable `code`. Lists are paged by `starting_after` and `ending_before`.',
      },
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description:
              'An access token; an API key or the token of an app where the operation has a scope.',
          },
          key: { type: 'apiKey', in: 'header', name: 'xi-api-key', description: 'An API key.' },
        },
      },
      security: [{ bearer: [] }],
    },
    transform: describeScope,
  })
  await app.register(fastifySwaggerUi, {
    routePrefix: '/api/docs',
    staticCSP: false,
    theme: { title: 'Timbre API' },
    logo: { type: 'image/svg+xml', content: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') },
    uiConfig: { deepLinking: true, docExpansion: 'list' },
  })
}

/** Operations that take API keys say which scope these need. */
const describeScope = ((data) => {
  const described = jsonSchemaTransform(data)
  const scope = data.route.config?.scope
  if (scope === undefined) return described
  const stated = { security: [{ bearer: [scope] }, { key: [scope] }], 'x-scope': scope }
  return { ...described, schema: { ...described.schema, ...stated } }
}) as typeof jsonSchemaTransform

/** The product's version, from its package.json. */
export function readVersion(rootDir: string): string {
  const file = path.join(rootDir, 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
