import { readFile } from 'node:fs/promises'
import path from 'node:path'
import OpenAI, { APIError, toFile } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mp3Sound } from '../../src/audio/mp3-frames'
import { signUp, type ApiClient } from '../support/api-client'
import { rootDir, startProduct, type TestProduct } from '../support/product'

const text = 'The weather was cold today. We stayed inside and read a book by the fire. Then we slept.'

describe('OpenAI’s API, by its own client', () => {
  let product: TestProduct
  let client: ApiClient
  let openai: OpenAI

  beforeAll(async () => {
    product = await startProduct({ environment: { PREVIEW_SECONDS: '3' } })
    await product.startWorker()
    client = await signUp(product)
    openai = clientWith(client.token)
  })
  afterAll(() => product.stop())

  const clientWith = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${product.url}/v1` })
  const recording = async () =>
    toFile(await readFile(path.join(rootDir, 'test/fixtures/speech/weather.opus')), 'weather.ogg')
  const refusal = async (call: Promise<unknown>) => {
    const error = await call.then(
      () => null,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(APIError)
    return error as APIError
  }
  const lastJob = async () =>
    (await client.get<{ data: { job_id: string }[] }>('/api/audio/jobs?limit=1')).data[0]!
  const seconds = (bytes: number, rate: number) => bytes / 2 / rate

  it('lists models and OpenAI’s names for the defaults', async () => {
    const ids: string[] = []
    for await (const model of openai.models.list()) ids.push(model.id)
    expect(ids).toEqual(
      expect.arrayContaining(['timbre-tacotron2', 'timbre-listen-en', 'tts-1', 'whisper-1']),
    )
    expect(await openai.models.retrieve('tts-1')).toMatchObject({ id: 'tts-1', object: 'model' })
    expect(await refusal(openai.models.retrieve('gpt-9'))).toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
  })

  it('speaks, charges the length of the speech once, and keeps the job in the history', async () => {
    const before = await client.balance()
    const answer = await openai.audio.speech.create({
      model: 'tts-1',
      voice: 'alloy',
      input: 'Good morning.',
    })
    expect(answer.headers.get('content-type')).toBe('audio/mpeg')
    const sound = mp3Sound(Buffer.from(await answer.arrayBuffer()), 60)
    expect(sound.seconds).toBeGreaterThan(0.4)
    const { job_id: jobId } = await lastJob()
    const job = await client.job(jobId)
    expect(job).toMatchObject({
      capability: 'text-to-speech',
      status: 'completed',
      input_text: 'Good morning.',
    })
    expect(job.output!.downloaded).toBe(true)
    expect(before - (await client.balance())).toBe(job.output!.cost_seconds)
    expect(Math.abs(job.output!.duration_seconds - sound.seconds)).toBeLessThan(0.2)
  })

  it('makes and charges once what is asked for twice under one key', async () => {
    const before = await client.balance()
    const ask = async (input: string) => {
      const answer = await openai.audio.speech.create(
        { model: 'tts-1', voice: 'alloy', input, response_format: 'wav' },
        { headers: { 'idempotency-key': 'one-of-this-test' } },
      )
      return Buffer.from(await answer.arrayBuffer())
    }
    const first = await ask('Twice is enough.')
    const { job_id: jobId } = await lastJob()
    const cost = before - (await client.balance())
    expect(cost).toBeGreaterThan(0)
    expect((await ask('Twice is enough.')).equals(first)).toBe(true)
    expect((await lastJob()).job_id).toBe(jobId)
    expect(before - (await client.balance())).toBe(cost)
    expect(await refusal(ask('Something else.'))).toMatchObject({ status: 400, code: 'idempotency_mismatch' })
  })

  it('keeps the job of a client that went away with a key, for when it comes back', async () => {
    const key = { 'idempotency-key': `back-${Date.now()}` }
    const request = { model: 'whisper-1', file: await recording() }
    const impatient = openai.audio.transcriptions.create(request, {
      headers: key,
      timeout: 300,
      maxRetries: 0,
    })
    expect(await refusal(impatient)).toMatchObject({ message: expect.stringMatching(/timed out/i) })
    let answer: { text: string } | null = null
    await expect
      .poll(
        async () => {
          // While the first request still begins the job, the key is taken.
          answer = await openai.audio.transcriptions
            .create({ ...request, file: await recording() }, { headers: key, maxRetries: 0 })
            .catch(() => null)
          return answer
        },
        { timeout: 60_000, interval: 500 },
      )
      .not.toBeNull()
    expect(answer!.text.length).toBeGreaterThan(10)
    const jobs = await client.get<{ data: { capability: string; created_at: string }[] }>(
      '/api/audio/jobs?limit=5',
    )
    expect(jobs.data.filter(({ capability }) => capability === 'speech-to-text')).toHaveLength(1)
  }, 90_000)

  it.each([
    ['opus', 'audio/ogg', 'OggS'],
    ['aac', 'audio/aac', '\xff'],
    ['flac', 'audio/flac', 'fLaC'],
    ['wav', 'audio/wav', 'RIFF'],
  ] as const)('speaks as %s', async (format, type, beginning) => {
    const answer = await openai.audio.speech.create({
      ...{ model: 'gpt-4o-mini-tts', voice: 'nova', input: 'Yes.', response_format: format },
    })
    expect(answer.headers.get('content-type')).toBe(type)
    expect(
      Buffer.from(await answer.arrayBuffer())
        .toString('latin1')
        .startsWith(beginning),
    ).toBe(true)
  })

  it('speaks as bare samples of 24 kHz', async () => {
    const answer = await openai.audio.speech.create({
      ...{ model: 'tts-1-hd', voice: { id: 'timbre-ross' }, input: 'Good evening.', response_format: 'pcm' },
    })
    const bytes = await answer.arrayBuffer()
    const { output } = await client.job((await lastJob()).job_id)
    expect(seconds(bytes.byteLength, 24_000)).toBeCloseTo(output!.duration_seconds, 1)
  })

  it('sends sound while it is made, the free part first, and all of it in the end', async () => {
    const answer = await openai.audio.speech.create({
      ...{ model: 'tts-1', voice: 'alloy', input: text, stream_format: 'audio' },
    })
    const chunks: Buffer[] = []
    let statusAtFirst = ''
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      statusAtFirst ||= (await client.job((await lastJob()).job_id)).status
      chunks.push(Buffer.from(chunk))
    }
    const job = await client.job((await lastJob()).job_id)
    expect(['processing', 'completed']).toContain(statusAtFirst)
    expect(job.output!.duration_seconds).toBeGreaterThan(3)
    const heard = mp3Sound(Buffer.concat(chunks), 120).seconds
    expect(Math.abs(heard - job.output!.duration_seconds)).toBeLessThan(0.4)
    expect(job.output!.downloaded).toBe(true)
  })

  it('sends speech as events', async () => {
    const answer = await openai.audio.speech.create({
      ...{ model: 'gpt-4o-mini-tts', voice: 'echo', input: 'One. Two.', stream_format: 'sse' },
    })
    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    const events = readEvents(await answer.text())
    expect(events.at(-1)).toMatchObject({ type: 'speech.audio.done', usage: { input_tokens: 9 } })
    const deltas = events.slice(0, -1) as { type: string; audio: string }[]
    expect(deltas.every(({ type }) => type === 'speech.audio.delta')).toBe(true)
    const sound = Buffer.concat(deltas.map(({ audio }) => Buffer.from(audio, 'base64')))
    expect(mp3Sound(sound, 60).seconds).toBeGreaterThan(0.5)
  })

  it.each([
    ['instructions', { instructions: 'Whisper.' }],
    ['speed', { speed: 4 }],
    ['voice', { voice: 'nobody' }],
    ['response_format', { response_format: 'midi' }],
    ['stream_format', { stream_format: 'sse' }],
    ['input', { input: 'a'.repeat(4097) }],
    ['input', { input: '🎉' }],
    ['emotion', { emotion: 'joy' }],
  ])('refuses what cannot be honoured by its name: %s', async (param, change) => {
    const body = { model: 'tts-1', voice: 'alloy', input: 'Hello.', ...change }
    const error = await refusal(openai.audio.speech.create(body as never))
    expect(error).toMatchObject({ status: 400, param, type: 'invalid_request_error' })
  })

  it('names models that there are not, and keys that are none', async () => {
    const body = { model: 'tts-9', voice: 'alloy', input: 'Hello.' }
    expect(await refusal(openai.audio.speech.create(body))).toMatchObject({
      ...{ status: 404, code: 'model_not_found', param: 'model' },
    })
    const stranger = clientWith('sk-nothing')
    expect(await refusal(stranger.models.list())).toMatchObject({ status: 401, code: 'invalid_api_key' })
    const nowhere = await fetch(`${product.url}/v1/nowhere`, { method: 'POST' })
    expect(nowhere.status).toBe(404)
    expect(await nowhere.json()).toMatchObject({ error: { code: 'unknown_url', param: null } })
  })

  it('writes down what is said, in every format', async () => {
    const before = await client.balance()
    const plain = await openai.audio.transcriptions.create({
      ...{ file: await recording(), model: 'gpt-4o-transcribe' },
    })
    expect(plain.text).toMatch(/weather/i)
    expect(plain.usage).toEqual({ type: 'duration', seconds: 5 })
    expect(before - (await client.balance())).toBe(5)

    const verbose = await openai.audio.transcriptions.create({
      ...{ file: await recording(), model: 'whisper-1', language: 'en' },
      ...{ response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] },
    })
    expect(verbose).toMatchObject({ language: 'english', text: plain.text })
    expect(verbose.duration).toBeCloseTo(4.18, 1)
    expect(verbose.words!.map(({ word }) => word).join(' ')).toBe(plain.text)
    expect(verbose.segments![0]).toMatchObject({ id: 0, seek: 0, temperature: 0 })

    const { data: captions, response } = await openai.audio.transcriptions
      .create({ file: await recording(), model: 'whisper-1', response_format: 'srt' })
      .withResponse()
    expect(response.headers.get('content-type')).toContain('text/plain')
    expect(captions).toMatch(/^1\n00:00:0\d,\d{3} --> /)
  })

  it('streams the text while it is recognised', async () => {
    const stream = await openai.audio.transcriptions.create({
      ...{ file: await recording(), model: 'gpt-4o-mini-transcribe', stream: true },
    })
    let text = ''
    let done = ''
    for await (const event of stream) {
      if (event.type === 'transcript.text.delta') text += event.delta
      if (event.type === 'transcript.text.done') done = event.text
    }
    expect(done).toMatch(/weather/i)
    expect(text).toBe(done)
  })

  it('tells speakers apart as a stream of segments', async () => {
    const stream = await openai.audio.transcriptions.create({
      ...{ file: await recording(), model: 'gpt-4o-transcribe-diarize', stream: true },
      ...{ response_format: 'diarized_json', chunking_strategy: 'auto' },
    })
    const types: string[] = []
    for await (const event of stream) {
      types.push(event.type)
      if (event.type === 'transcript.text.segment') expect(event.speaker).not.toBe('')
    }
    expect(types).toContain('transcript.text.segment')
    expect(types.at(-1)).toBe('transcript.text.done')
  })

  it.each([
    ['include', { include: ['logprobs'] }],
    ['chunking_strategy', { chunking_strategy: { type: 'server_vad' } }],
    ['known_speaker_names', { known_speaker_names: ['Ada'] }],
    ['timestamp_granularities', { timestamp_granularities: ['word'] }],
    ['temperature', { temperature: 3 }],
    ['file', { file: undefined }],
  ])('refuses a transcription by the name of the field: %s', async (param, change) => {
    const body = { file: await recording(), model: 'gpt-4o-transcribe', ...change }
    const form = new FormData()
    for (const [name, value] of Object.entries(body)) {
      if (value === undefined) continue
      if (value instanceof File) form.set(name, value)
      else if (Array.isArray(value)) for (const item of value) form.append(`${name}[]`, String(item))
      else if (typeof value === 'object')
        for (const [key, item] of Object.entries<unknown>(value)) form.set(`${name}[${key}]`, String(item))
      else form.set(name, String(value))
    }
    const answer = await fetch(`${product.url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${client.token}` },
      body: form,
    })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: { param, type: 'invalid_request_error' } })
  })

  it('says that nothing here translates until a model that can is pulled', async () => {
    const error = await refusal(
      openai.audio.translations.create({ file: await recording(), model: 'whisper-1' }),
    )
    expect(error).toMatchObject({ status: 501, code: 'not_implemented', type: 'invalid_request_error' })
  })

  it('charges nothing for a recording that holds no sound, and says so', async () => {
    const before = await client.balance()
    const file = await toFile(Buffer.from('this is a text, not a recording'), 'speech.mp3')
    const error = await refusal(openai.audio.transcriptions.create({ file, model: 'whisper-1' }))
    expect(error).toMatchObject({ status: 400, param: 'file' })
    expect(await client.balance()).toBe(before)
  })

  it('tells before the work that the minutes do not suffice', async () => {
    const poor = await signUp(product)
    await product.container.database.user.update({
      where: { id: poor.userId },
      data: { secondsRemaining: 1 },
    })
    const theirs = clientWith(poor.token)
    const error = await refusal(
      theirs.audio.transcriptions.create({ file: await recording(), model: 'whisper-1' }),
    )
    expect(error).toMatchObject({ status: 429, code: 'insufficient_quota', type: 'insufficient_quota' })
    const speech = theirs.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: text })
    expect(await refusal(speech)).toMatchObject({ code: 'insufficient_quota' })
    expect((await poor.get<{ data: unknown[] }>('/api/audio/jobs')).data).toEqual([])
  })

  it('cancels the job of a client that goes away, and charges nothing', async () => {
    const before = await client.balance()
    const gone = new AbortController()
    const call = openai.audio.speech.create(
      { model: 'tts-1', voice: 'alloy', input: text.repeat(10) },
      { signal: gone.signal },
    )
    const { job_id: previous } = await lastJob()
    const failed = expect(call).rejects.toThrow()
    let jobId = previous
    while (jobId === previous) jobId = (await lastJob()).job_id
    gone.abort()
    await failed
    expect(await client.finished(jobId, 20_000)).toMatchObject({ status: 'canceled' })
    expect(await client.balance()).toBe(before)
  })
})

function readEvents(body: string): { type: string }[] {
  return body
    .split('\n\n')
    .filter(Boolean)
    .map((block) => JSON.parse(block.replace(/^data: /, '')) as { type: string })
}
