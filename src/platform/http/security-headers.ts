import { randomBytes } from 'node:crypto'
import fastifyHelmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'

export interface SecurityHeadersOptions {
  publicUrl: string
  /** Origins besides our own that pages send to and play from: the S3 endpoint as browsers see it. */
  objectOrigins?: string[]
  /** Hot reload of the web UI needs inline styles and a web socket. */
  development?: boolean
}

const hstsSeconds = 365 * 24 * 3600
/** Answers that no browser renders: the documents among the API's paths are its human docs. */
const apiPath = /^\/(api(?!\/docs(?:[/?]|$))|v1)\//

/**
 * Strict headers on every answer. Pages get a Content-Security-Policy with nonces, to be put on inline elements from
 * `reply.cspNonce`; API answers get one that allows nothing.
 */
export async function addSecurityHeaders(
  app: FastifyInstance,
  { publicUrl, objectOrigins = [], development = false }: SecurityHeadersOptions,
): Promise<void> {
  const secure = publicUrl.startsWith('https:')
  await app.register(fastifyHelmet, {
    global: false,
    hsts: secure ? { maxAge: hstsSeconds, includeSubDomains: false } : false,
    crossOriginEmbedderPolicy: false,
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  })
  const origins = objectOrigins.map((address) => new URL(address).origin)
  const apiHeaders = {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
    ...(secure ? { 'strict-transport-security': `max-age=${hstsSeconds}` } : {}),
  }

  app.addHook('onRequest', (request, reply, done) => {
    if (apiPath.test(request.url)) {
      reply.headers(apiHeaders)
      return done()
    }
    const nonce = randomBytes(16).toString('base64')
    reply.cspNonce = { script: nonce, style: nonce }
    reply.helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: contentSecurityPolicy({ nonce, origins, secure, development }),
      },
    })
    done()
  })
}

interface PolicyOptions {
  nonce: string
  origins: string[]
  secure: boolean
  development: boolean
}

function contentSecurityPolicy({ nonce, origins, secure, development }: PolicyOptions) {
  return {
    defaultSrc: ["'self'"],
    scriptSrc: ["'self'", `'nonce-${nonce}'`],
    // With a nonce browsers ignore 'unsafe-inline', so that hot reload has to go without one.
    styleSrc: development ? ["'self'", "'unsafe-inline'"] : ["'self'", `'nonce-${nonce}'`],
    // React renders `style={…}` as attributes; they cannot load or run anything.
    styleSrcAttr: ["'unsafe-inline'"],
    imgSrc: ["'self'", 'data:', 'blob:'],
    fontSrc: ["'self'", 'data:'],
    connectSrc: ["'self'", 'blob:', ...origins, ...(development ? ['ws:'] : [])],
    mediaSrc: ["'self'", 'blob:', ...origins],
    workerSrc: ["'self'", 'blob:'],
    manifestSrc: ["'self'"],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    ...(secure ? { upgradeInsecureRequests: [] } : {}),
  }
}
