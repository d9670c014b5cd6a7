import type { AppLoadContext } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { readFieldErrors, type FieldError } from '~/api/client'
import { explain } from '~/words/errors'

/** Sends strangers to the log-in page, and from there back to where they wanted to go. */
export function requireLogIn(request: Request, context: AppLoadContext): void {
  const { pathname, search } = new URL(request.url)
  if (context.principal) {
    // Nothing else is open to administrators who must have a second factor and have none.
    if (!context.principal.setupOnly || /^\/account\/security(\.data)?$/.test(pathname)) return
    throw redirect('/account/security')
  }
  const next = pathname.replace(/\.data$/, '') + search.replace(/[?&]_routes=[^&]*/, '')
  throw redirect(`/login?next=${encodeURIComponent(next)}`)
}

/** A path of this site, or the studio: an address from outside is never followed. */
export function safeReturnPath(value: unknown, fallback = '/studio'): string {
  if (typeof value !== 'string' || !/^\/(?![/\\])/.test(value)) return fallback
  const url = new URL(value, 'http://here.invalid')
  return url.host === 'here.invalid' ? url.pathname + url.search : fallback
}

export interface FormProblem {
  title: string
  advice: string
  fieldErrors: FieldError[]
}

const fieldOfCode: Record<string, string> = { username_taken: 'username', email_taken: 'email' }

/** What a refused form shows. Errors that are nobody's input are thrown on to the error page. */
export function toFormProblem(error: unknown): FormProblem {
  const { code, message, details } = asProductError(error)
  const listed = readFieldErrors(Array.isArray(details.errors) ? details.errors : [])
  const words = explain(code, message)
  const field = fieldOfCode[code]
  if (listed.length > 0) return { title: 'Check the marked fields', advice: '', fieldErrors: listed }
  if (field) {
    const fieldErrors = [{ field, message: `${words.title}. ${words.advice}` }]
    return { title: 'Check the marked fields', advice: '', fieldErrors }
  }
  return { ...words, fieldErrors: [] }
}

function asProductError(error: unknown): { code: string; message: string; details: Record<string, unknown> } {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error
  if ('status' in error && typeof error.status === 'number' && error.status >= 500) throw error
  const details =
    'details' in error && error.details && typeof error.details === 'object' ? error.details : {}
  return { code: error.code, message: error.message, details: details as Record<string, unknown> }
}
