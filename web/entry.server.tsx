import { PassThrough } from 'node:stream'
import type { AppLoadContext, EntryContext } from '@remix-run/node'
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
  { cspNonce }: AppLoadContext,
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
          console.error(error)
        },
      },
    )
    setTimeout(abort, renderTimeoutMs + 1000).unref()
  })
}
