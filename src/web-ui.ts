import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import fastifyStatic from '@fastify/static'
import { createReadableStreamFromReadable, createRequestHandler, type ServerBuild } from '@remix-run/node'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { LoadContext } from '../web/load-context'

/** The load context without what this plugin adds itself. */
export type WebLoadContext = Omit<LoadContext, 'cspNonce' | 'logError'>

export interface WebUiOptions {
  /** Repository or installation root: the production build is read from `<root>/build`. */
  root: string
  /** Serve through Vite with hot reload instead of the production build. */
  dev?: boolean
  getLoadContext(request: FastifyRequest, reply: FastifyReply): Promise<WebLoadContext> | WebLoadContext
}

/** Paths that are the API's even where no route of it matches. */
const apiPath = /^\/(api|v1)(\/|$)|^\/(healthz|readyz|metrics)$/

/**
 * The web UI as a Fastify plugin: static assets, and every path that no other route takes goes to Remix.
 * Register it last, without a prefix, on an app that sets a Content-Security-Policy with `reply.cspNonce`.
 */
export async function webUi(app: FastifyInstance, options: WebUiOptions): Promise<void> {
  const loadBuild = options.dev
    ? await serveThroughVite(app, options.root)
    : await serveBuild(app, options.root)
  const handle = createRequestHandler(loadBuild, options.dev ? 'development' : 'production')

  // Forms are parsed by Remix: Fastify hands it the untouched stream.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    done(null, payload)
  })

  app.all('/*', { schema: { hide: true }, config: { duringSetup: true } }, async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/'
    if (apiPath.test(path)) return reply.callNotFound()
    const context = Object.assign(await options.getLoadContext(request, reply), {
      cspNonce: reply.cspNonce.script,
      logError: (error: unknown) => {
        request.log.error({ err: error }, 'page failed')
      },
    })
    return sendWebResponse(reply, await handle(toWebRequest(request, reply), context))
  })
}

async function serveBuild(app: FastifyInstance, root: string): Promise<() => Promise<ServerBuild>> {
  const client = join(root, 'build', 'client')
  await app.register(async (files) => {
    files.addHook('onRoute', (route) => {
      route.config = { ...route.config, exempt: true }
      route.schema = { ...route.schema, hide: true }
    })
    // Names of assets carry a hash of their content: they never change.
    await files.register(fastifyStatic, {
      root: join(client, 'assets'),
      prefix: '/assets/',
      decorateReply: false,
      immutable: true,
      maxAge: '1y',
      index: false,
    })
    await files.register(fastifyStatic, {
      root: client,
      prefix: '/',
      decorateReply: false,
      wildcard: false,
      globIgnore: ['assets/**', '.vite/**'],
      maxAge: '1h',
      index: false,
    })
  })
  const build = (await import(pathToFileURL(join(root, 'build', 'server', 'index.js')).href)) as ServerBuild
  return () => Promise.resolve(build)
}

/** Imported only here: production installs do not have the development tools. */
async function serveThroughVite(app: FastifyInstance, root: string): Promise<() => Promise<ServerBuild>> {
  const { default: middie } = await import('@fastify/middie')
  // Vite may take longer than Fastify waits for a plugin: requests wait for it instead.
  const starting = import('vite').then(({ createServer }) =>
    createServer({ root, server: { middlewareMode: true, hmr: { server: app.server } } }),
  )
  await app.register(middie)
  app.use((request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => {
    starting.then((vite) => {
      vite.middlewares(request, response, next)
    }, next)
  })
  app.addHook('onClose', async () => (await starting).close())
  return async () => {
    const vite = await starting
    return (await vite.ssrLoadModule('virtual:remix/server-build')) as ServerBuild
  }
}

function toWebRequest(request: FastifyRequest, reply: FastifyReply): Request {
  const controller = new AbortController()
  reply.raw.on('close', () => {
    if (!reply.raw.writableFinished) controller.abort()
  })
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name.startsWith(':')) continue
    for (const item of Array.isArray(value) ? value : [value]) headers.append(name, item)
  }
  const init: RequestInit & { duplex?: 'half' } = {
    method: request.method,
    headers,
    signal: controller.signal,
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    init.body = createReadableStreamFromReadable(request.raw)
    init.duplex = 'half'
  }
  return new Request(`${request.protocol}://${request.host}${request.raw.url ?? '/'}`, init)
}

function sendWebResponse(reply: FastifyReply, response: Response): FastifyReply {
  reply.code(response.status)
  for (const [name, value] of response.headers) if (name !== 'set-cookie') reply.header(name, value)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) reply.header('set-cookie', cookies)
  return reply.send(response.body ? Readable.fromWeb(response.body as never) : '')
}
