import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../errors'
import { carriesToken, cookieValue, sessionCookieName } from './auth'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
/** What an HTML form can send without the browser asking first; no content type at all counts as well. */
const formTypes = /^(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b/i

/**
 * Requests that change something and that a foreign page could make a browser send must come from this site:
 * those with the session cookie, and forms. A request with a token is exempt, since no page can add one unasked.
 * @param publicUrl Address of the product as browsers see it; behind a proxy the Host header may differ from it.
 */
export function addCsrfProtection(app: FastifyInstance, { publicUrl }: { publicUrl: string }): void {
  const publicOrigin = new URL(publicUrl).origin
  app.addHook('onRequest', (request, _, done) => {
    if (safeMethods.has(request.method) || carriesToken(request)) return done()
    const withCookie = cookieValue(request.headers.cookie, sessionCookieName) !== null
    if (!withCookie && !isForm(request)) return done()
    const verdict = originVerdict(request, publicOrigin)
    // A client that says nothing of its origin is no browser: without a cookie there is nothing to abuse.
    if (verdict === 'same' || (verdict === 'unknown' && !withCookie)) return done()
    done(
      new AppError('csrf_failed', {
        message:
          'The request must come from a page of this site, or carry a bearer token instead of a cookie',
      }),
    )
  })
}

function isForm(request: FastifyRequest): boolean {
  const type = request.headers['content-type']
  return type === undefined || formTypes.test(type)
}

function originVerdict(request: FastifyRequest, publicOrigin: string): 'same' | 'other' | 'unknown' {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none' ? 'same' : 'other'
  const { origin } = request.headers
  if (origin === undefined) return 'unknown'
  if (origin === publicOrigin || origin === `${request.protocol}://${request.host}`) return 'same'
  return 'other'
}
