import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import fastifyStatic from '@fastify/static'
import { createReadableStreamFromReadable, createRequestHandler, type ServerBuild } from '@remix-run/node'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { LoadContext } from '../web/load-context'
import { AppError } from './platform/errors'

/** The load context without what this plugin makes itself. */
export type WebLoadContext = Omit<LoadContext, 'cspNonce'>

export interface WebUiOptions {
  /** Repository or installation root: the production build is read from `<root>/build`. */
  root: string
  /** Serve through Vite with hot reload instead of the production build. */
  dev?: boolean
  getLoadContext(request: FastifyRequest, reply: FastifyReply): Promise<WebLoadContext> | WebLoadContext
  /** Further origins that browsers may send uploads to and play previews from (the public S3 endpoint). */
  storageOrigins?: string[]
}

/** Paths that are the API's even where no route of it matches. */
const apiPath = /^\/(api|v1)(\/|$)|^\/(healthz|readyz|metrics)$/
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * The web UI as a Fastify plugin: static assets, and every path that no other route takes goes to Remix.
 * Register it last and without a prefix.
 */
export async function webUi(app: FastifyInstance, options: WebUiOptions): Promise<void> {
  const loadBuild = options.dev ? await serveThroughVite(app, options.root) : await serveBuild(app, options.root)
  const mode = options.dev ? 'development' : 'production'
  const handle = createRequestHandler(loadBuild, mode)

  // Forms are parsed by Remix: Fastify hands it the untouched stream.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    done(null, payload)
  })

  app.all('/*', async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/'
    if (apiPath.test(path)) return reply.callNotFound()
    if (!safeMethods.has(request.method)) assertSameOrigin(request)

    const cspNonce = randomBytes(16).toString('base64')
    const context = Object.assign(await options.getLoadContext(request, reply), { cspNonce })
    const response = await handle(toWebRequest(request, reply), context)
    reply.header('content-security-policy', contentSecurityPolicy(cspNonce, options))
    return sendWebResponse(reply, response)
  })
}

/**
 * Everything from this origin; scripts only with the nonce or from our own bundle, no inline styles. `blob:` lets
 * people listen to the file that they chose before it is sent.
 */
function contentSecurityPolicy(nonce: string, { dev, storageOrigins = [] }: WebUiOptions): string {
  const storage = storageOrigins.map((origin) => ` ${origin}`).join('')
  return [
    `default-src 'self'`,
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self'${dev ? ` 'unsafe-inline'` : ''}`,
    `img-src 'self' data:`,
    `media-src 'self' blob:${storage}`,
    `connect-src 'self'${storage}${dev ? ' ws:' : ''}`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
  ].join('; ')
}

/** Browsers say where a form came from; other programs send neither header and carry no ambient cookie. */
function assertSameOrigin(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site']
  if (site === 'same-origin' || site === 'none') return
  const origin = request.headers.origin
  if (site === undefined && (origin === undefined || hostOf(origin) === request.host)) return
  throw new AppError('csrf_failed')
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null
}

async function serveBuild(app: FastifyInstance, root: string): Promise<() => Promise<ServerBuild>> {
  const client = join(root, 'build', 'client')
  // Names of assets carry a hash of their content: they never change.
  await app.register(fastifyStatic, {
    root: join(client, 'assets'),
    prefix: '/assets/',
    decorateReply: false,
    immutable: true,
    maxAge: '1y',
    index: false,
  })
  await app.register(fastifyStatic, {
    root: client,
    prefix: '/',
    decorateReply: false,
    wildcard: false,
    globIgnore: ['assets/**', '.vite/**'],
    maxAge: '1h',
    index: false,
  })
  const build = (await import(pathToFileURL(join(root, 'build', 'server', 'index.js')).href)) as ServerBuild
  return () => Promise.resolve(build)
}

/** Imported only here: production installs do not have the development tools. */
async function serveThroughVite(app: FastifyInstance, root: string): Promise<() => Promise<ServerBuild>> {
  const { default: middie } = await import('@fastify/middie')
  const { createServer } = await import('vite')
  const vite = await createServer({ root, server: { middlewareMode: true, hmr: { server: app.server } } })
  await app.register(middie)
  app.use(vite.middlewares)
  app.addHook('onClose', () => vite.close())
  return async () => (await vite.ssrLoadModule('virtual:remix/server-build')) as ServerBuild
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
