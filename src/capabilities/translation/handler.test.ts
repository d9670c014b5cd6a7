import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { packagedFfmpeg } from '../../../test/fixtures/audio-files'
import { testManifest } from '../../../test/fixtures/model-folder'
import { AppError } from '../../platform/errors'
import { noResources, type HandlerContext, type HelperModel } from '../capability'
import { translatorEngines } from './engines'
import { createTranslationHandler } from './handler'
import { translationParameters } from './index'
import { translateByServer } from './server'

let folder: string
let server: Server
let url: string
let answer: (request: IncomingMessage, body: Record<string, unknown>, response: ServerResponse) => void
let bodies: Record<string, unknown>[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-translation-'))
  server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const body = JSON.parse(text) as Record<string, unknown>
      bodies.push(body)
      answer(request, body, response)
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => {
  bodies = []
  answer = (_, { q }, response) =>
    response.end(JSON.stringify({ translatedText: (q as string[]).map((line) => `¡${line}!`) }))
})
afterEach(() => server.closeAllConnections())
afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true })
})

const request = (changes: Partial<Parameters<typeof translateByServer>[1]> = {}) => ({
  ...{ lines: ['one', 'two'], source: 'en', target: 'es-MX', retryMs: 1, timeoutMs: 2_000 },
  ...{ signal: new AbortController().signal, onProgress: () => undefined },
  ...changes,
})

function translate(text: string, context: Partial<HandlerContext>, models: HelperModel[] = []) {
  return createTranslationHandler(translatorEngines).run(
    {
      input: { kind: 'text', text },
      parameters: translationParameters.parse({ source_language: 'en', target_language: 'es' }),
      resources: noResources,
      model: { manifest: testManifest({ id: 'opus' }), path: (file) => file },
      ...{ outputDir: folder, outputFormat: 'flac', maxInputSeconds: 0 },
      ...{ previewSeconds: null, inputPreviewSeconds: null },
    },
    {
      ...{ signal: new AbortController().signal, seed: 0, progress: () => undefined, ffmpeg: packagedFfmpeg },
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
      models: {
        acquire: () => Promise.reject(new Error('no network is needed')),
        loaded: () => [],
        clear: () => Promise.resolve(),
      },
      helperModel: () => null,
      helperModels: () => models,
      publishPart: () => undefined,
      runCapability: () => Promise.reject(new Error('nothing else is needed')),
      ...context,
    },
  )
}

describe('a translation server', () => {
  it('gets the lines in its own protocol, with the key', async () => {
    const lines = Array.from({ length: 30 }, (_, n) => `line ${n}`)
    const translated = await translateByServer({ url: `${url}/`, apiKey: 'key' }, request({ lines }))
    expect(translated).toEqual(lines.map((line) => `¡${line}!`))
    expect(bodies.map(({ q }) => (q as string[]).length)).toEqual([25, 5])
    expect(bodies[0]).toMatchObject({ source: 'en', target: 'es', format: 'text', api_key: 'key' })
    await translateByServer({ url, apiKey: null }, request())
    expect(bodies.at(-1)).not.toHaveProperty('api_key')
  })

  it('is asked again where it stumbles', async () => {
    const good = answer
    answer = (...given) => {
      answer = good
      given[2].writeHead(503).end('busy')
    }
    expect(await translateByServer({ url, apiKey: null }, request())).toEqual(['¡one!', '¡two!'])
    expect(bodies).toHaveLength(2)
  })

  it.each([
    [
      'is always busy',
      (response: ServerResponse) => response.writeHead(500).end(),
      'unavailable',
      /not answer/,
    ],
    ['hangs up', (response: ServerResponse) => response.destroy(), 'unavailable', /not answer/],
    ['never answers', () => undefined, 'unavailable', /not answer/],
    ['talks nonsense', (response: ServerResponse) => response.end('{}'), 'unavailable', /TRANSLATION_URL/],
    [
      'wants a key',
      (response: ServerResponse) => response.writeHead(403).end('{}'),
      'unavailable',
      /API_KEY/,
    ],
    [
      'does not know the language',
      (response: ServerResponse) => response.writeHead(400).end('{"error":"es is not supported"}'),
      ...['model_not_found', /from en into es-MX/],
    ],
  ] as [string, (response: ServerResponse) => void, string, RegExp][])(
    'that %s',
    async (_, reply, code, message) => {
      answer = (...given) => {
        reply(given[2])
      }
      await expect(
        translateByServer({ url, apiKey: null }, request({ timeoutMs: 200 })),
      ).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
    },
  )

  it('is left alone once the job is canceled', async () => {
    const abort = new AbortController()
    answer = () => abort.abort(new AppError('canceled'))
    await expect(
      translateByServer({ url, apiKey: null }, request({ signal: abort.signal })),
    ).rejects.toMatchObject({ code: 'canceled' })
    expect(bodies).toHaveLength(1)
  })
})

describe('translation', () => {
  it('goes to the server where no model is installed', async () => {
    const { output } = await translate('one\ntwo', { translationServer: { url, apiKey: null } })
    expect(JSON.parse(await readFile(output.path, 'utf8'))).toEqual({
      lines: ['¡one!', '¡two!'],
      model: null,
    })
  })

  it('says what to pull for a pair that nothing here knows', async () => {
    const manifest = testManifest({
      ...{ id: 'opus-mt-en-es', engine: 'marian', options: { source: 'en', target: 'es' } },
    })
    const models = [{ files: { manifest, path: (file: string) => file }, installed: false }]
    await expect(translate('one', {}, models)).rejects.toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('npm run models pull opus-mt-en-es') as string,
    })
    await expect(translate('one', {})).rejects.toThrow(/from en into es.*TRANSLATION_URL.*segments/)
  })

  it('is done by an installed model, line by line, and gives it back', async () => {
    const manifest = testManifest({ id: 'm', engine: 'marian', options: { source: 'en', target: 'es' } })
    const models = [{ files: { manifest, path: (file: string) => file }, installed: true }]
    let released = 0
    const acquire = () =>
      Promise.resolve({
        model: { bytes: 1, run: ({ text }: { text: string }) => Promise.resolve(text.toUpperCase()) },
        ...{ provider: 'cpu', release: () => (released += 1) },
      })
    const context = { models: { acquire, loaded: () => [], clear: () => Promise.resolve() } }
    const { output } = await translate('one\n\ntwo', context as unknown as Partial<HandlerContext>, models)
    expect(JSON.parse(await readFile(output.path, 'utf8'))).toMatchObject({ lines: ['ONE', '', 'TWO'] })
    expect(released).toBe(1)
  })
})
