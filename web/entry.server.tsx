import { PassThrough } from 'node:stream'
import type { ActionFunctionArgs, AppLoadContext, EntryContext, LoaderFunctionArgs } from '@remix-run/node'
import { createReadableStreamFromReadable } from '@remix-run/node'
import { RemixServer } from '@remix-run/react'
import { renderToPipeableStream } from 'react-dom/server'
import { NonceContext } from '~/state/nonce'

const renderTimeoutMs = 10_000

export default function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  remixContext: EntryContext,
  { cspNonce, logError }: AppLoadContext,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    let responseStatus = status
    const { pipe, abort } = renderToPipeableStream(
      <NonceContext.Provider value={cspNonce}>
        <RemixServer context={remixContext} url={request.url} abortDelay={renderTimeoutMs} nonce={cspNonce} />
      </NonceContext.Provider>,
      {
        nonce: cspNonce,
        onShellReady() {
          const body = new PassThrough()
          headers.set('content-type', 'text/html; charset=utf-8')
          // Pages show the state of an account: no shared cache may keep them.
          headers.set('cache-control', 'private, no-cache')
          resolve(new Response(createReadableStreamFromReadable(body), { headers, status: responseStatus }))
          pipe(body)
        },
        onShellError(error) {
          reject(
            error instanceof Error ? error : new Error('The page could not be rendered', { cause: error }),
          )
        },
        onError(error) {
          responseStatus = 500
          logError(error)
        },
      },
    )
    setTimeout(abort, renderTimeoutMs + 1000).unref()
  })
}

/** Errors of loaders and actions; what a visitor who went away left unfinished is none. */
export function handleError(
  error: unknown,
  { request, context }: LoaderFunctionArgs | ActionFunctionArgs,
): void {
  if (!request.signal.aborted) context.logError(error)
}
