import { z } from 'zod'

import { AppError } from '../../platform/errors'
import type { TranslationServer } from '../capability'
import { primaryLanguage } from './translator'

export interface ServerRequest {
  lines: readonly string[]
  source: string
  target: string
  signal: AbortSignal
  /** Default: 30 s for each request. */
  timeoutMs?: number
  /** Default: 500 ms, doubled from try to try. */
  retryMs?: number
  onProgress(fraction: number): void
}

const attempts = 3
const linesOfRequest = 25
const answerSchema = z.object({ translatedText: z.array(z.string()) })

/**
 * Translates by a server that speaks LibreTranslate's protocol (`POST /translate`, several lines a request).
 *
 * @throws AppError `unavailable` where it does not answer, or answers nonsense; `model_not_found` where it does not know
 *   the languages; `canceled`.
 */
export async function translateByServer(
  server: TranslationServer,
  request: ServerRequest,
): Promise<string[]> {
  const translated: string[] = []
  for (let at = 0; at < request.lines.length; at += linesOfRequest) {
    request.onProgress(at / request.lines.length)
    translated.push(...(await ask(server, request, request.lines.slice(at, at + linesOfRequest))))
  }
  return translated
}

async function ask(
  server: TranslationServer,
  request: ServerRequest,
  lines: readonly string[],
): Promise<string[]> {
  let reason: unknown
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await pause((request.retryMs ?? 500) * 2 ** (attempt - 1), request.signal)
    assertWanted(request.signal)
    try {
      const response = await send(server, request, lines)
      if (response.ok) return readLines(await response.json(), lines.length)
      const message = (await response.text()).slice(0, 300)
      if (response.status !== 429 && response.status < 500) throw refusal(response.status, message, request)
      reason = new Error(`it answered ${response.status}: ${message}`)
    } catch (error) {
      assertWanted(request.signal)
      if (error instanceof AppError) throw error
      reason = error
    }
  }
  throw new AppError('unavailable', {
    message:
      'The translation server does not answer. Try again later, or give the translated texts in `segments`.',
    cause: reason,
  })
}

function assertWanted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('canceled', { cause: signal.reason })
}

function send(
  { url, apiKey }: TranslationServer,
  request: ServerRequest,
  lines: readonly string[],
): Promise<Response> {
  const timeout = AbortSignal.timeout(request.timeoutMs ?? 30_000)
  return fetch(new URL('translate', url.endsWith('/') ? url : `${url}/`), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ q: lines, format: 'text' },
      ...{ source: primaryLanguage(request.source), target: primaryLanguage(request.target) },
      ...(apiKey === null ? {} : { api_key: apiKey }),
    }),
    redirect: 'error',
    signal: AbortSignal.any([request.signal, timeout]),
  })
}

function readLines(answer: unknown, count: number): string[] {
  const parsed = answerSchema.safeParse(answer)
  if (parsed.success && parsed.data.translatedText.length === count) return parsed.data.translatedText
  throw new AppError('unavailable', {
    message: 'The translation server does not answer as LibreTranslate does. Check TRANSLATION_URL.',
  })
}

function refusal(status: number, message: string, { source, target }: ServerRequest): AppError {
  if (status === 401 || status === 403) {
    return new AppError('unavailable', {
      message: 'The translation server refuses the key. Set TRANSLATION_API_KEY.',
      cause: new Error(message),
    })
  }
  return new AppError('model_not_found', {
    message: `The translation server does not translate from ${source} into ${target}.`,
    cause: new Error(`it answered ${status}: ${message}`),
  })
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done, { once: true })
  })
}
