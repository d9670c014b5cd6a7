import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFfmpeg } from '../../../src/audio/ffmpeg'
import { noisySpeech } from '../../fixtures/recordings'
import { signUp, type ApiClient } from '../../support/api-client'
import { startProduct, type TestProduct } from '../../support/product'

/** What a file that cannot be worked on is refused with. */
const unusable = /^(invalid|unsupported)_media$/
const unknownId = '0199a1b2-0000-7000-8000-000000000000'

describe('what people send by mistake or on purpose', () => {
  let product: TestProduct
  let client: ApiClient
  let folder: string
  const { ffmpegPath } = createFfmpeg({ ffmpegPath: process.env.FFMPEG_PATH }).binaries

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'timbre-bad-input-'))
    product = await startProduct({ environment: { UPLOAD_MAX_MB: '5' } })
    await product.startWorker()
    client = await signUp(product)
  })
  afterAll(async () => {
    await product.stop()
    await rm(folder, { recursive: true, force: true })
  })

  async function made(name: string, args: string[]): Promise<Buffer> {
    const file = path.join(folder, name)
    execFileSync(ffmpegPath, ['-v', 'error', '-y', ...args, file])
    return readFile(file)
  }

  /** The job of a file that cannot be worked on: failed with a message, without outputs and without a charge. */
  async function refused(file: Buffer, name: string) {
    const before = await client.balance()
    const answer = await client.process(file, name)
    expect(answer.status).toBe(202)
    const { job_id: jobId } = (await answer.json()) as { job_id: string }
    const job = await client.finished(jobId)
    expect(job).toMatchObject({ status: 'failed', output: null })
    expect((await client.request('GET', `/api/audio/download-audio/${jobId}`)).status).toBe(409)
    expect(await client.balance()).toBe(before)
    for await (const { key } of product.container.objects.list(`jobs/${jobId}/`))
      throw new Error(`${key} was left`)
    return job.error!
  }

  it('refuses an empty file at once and keeps nothing of it', async () => {
    const before = await product.container.database.storedObject.count()
    const answer = await client.process(Buffer.alloc(0), 'empty.wav')
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({
      code: 'invalid_media',
      detail: expect.stringMatching(/empty/i) as string,
    })
    expect(await product.container.database.storedObject.count()).toBe(before)
  })

  it('fails text named .wav, playlists named .mp3 and a bare header with a reason', async () => {
    const text = Buffer.from('this is no sound at all\n'.repeat(50))
    expect((await refused(text, 'text.wav')).code).toMatch(unusable)
    const playlist = Buffer.from("ffconcat version 1.0\nfile '/etc/passwd'\n")
    expect((await refused(playlist, 'playlist.mp3')).code).toMatch(unusable)
    const hls = Buffer.from('#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:1/a.ts\n')
    expect((await refused(hls, 'stream.mp3')).code).toMatch(unusable)
    expect((await refused(noisySpeech({ seconds: 1 }).subarray(0, 44), 'header.wav')).code).toMatch(unusable)
  })

  it('fails a video with advice', async () => {
    const video = await made('video.mp4', [
      ...[
        '-f',
        'lavfi',
        '-i',
        'testsrc=size=64x64:rate=10:duration=1',
        '-f',
        'lavfi',
        '-i',
        'sine=duration=1',
      ],
      ...['-c:v', 'mpeg4', '-c:a', 'aac'],
    ])
    const error = await refused(video, 'clip.mp4')
    expect(error.code).toBe('unsupported_media')
    expect(error.message).toMatch(/video/i)
  })

  it('works on one second, and bills a lying header and a truncated file by what they really hold', async () => {
    const second = await client.start(noisySpeech({ seconds: 1 }))
    expect((await client.finished(second.job_id)).output).toMatchObject({
      duration_seconds: 1,
      cost_seconds: 1,
    })

    const lying = noisySpeech({ seconds: 2 })
    lying.writeUInt32LE(0xfffffff0, 40)
    lying.writeUInt32LE(0xfffffff4, 4)
    const claimed = await client.finished((await client.start(lying)).job_id)
    expect(claimed.output).toMatchObject({ cost_seconds: 2 })

    const mp3 = await made('whole.mp3', ['-f', 'lavfi', '-i', 'sine=duration=20', '-b:a', '64k'])
    const truncated = await client.finished((await client.start(mp3.subarray(0, mp3.length / 2))).job_id)
    expect(truncated.status).toBe('completed')
    expect(truncated.output!.cost_seconds).toBeGreaterThanOrEqual(9)
    expect(truncated.output!.cost_seconds).toBeLessThanOrEqual(11)
  })

  it('refuses a file over the limit', async () => {
    expect((await client.process(noisySpeech({ seconds: 60 }), 'long.wav')).status).toBe(413)
    const announced = await client.request('POST', '/api/storage/upload', {
      filename: 'long.wav',
      content_type: 'audio/wav',
      bytes: 6 * 1024 * 1024,
    })
    expect(announced.status).toBe(413)
  })

  it('refuses unknown capabilities, models and parameters by name, and keeps no upload', async () => {
    const file = noisySpeech({ seconds: 1 })
    const before = await product.container.database.storedObject.count({ where: { status: 'stored' } })
    const cases: [Record<string, string>, number, RegExp][] = [
      [{ capability: 'time-travel' }, 404, /time-travel/],
      [{ model_name: 'imaginary' }, 404, /imaginary/],
      [{ parameters: '{"strength":2}' }, 422, /strength/],
      [{ parameters: '{"volume":1}' }, 422, /volume/],
      [{ parameters: 'not json' }, 400, /parameters/],
    ]
    for (const [fields, status, words] of cases) {
      const answer = await client.process(file, 'a.wav', fields)
      expect(answer.status).toBe(status)
      expect(await answer.text()).toMatch(words)
    }
    expect(await product.container.database.storedObject.count({ where: { status: 'stored' } })).toBe(before)
  })

  it('refuses texts and voices that cannot be spoken before there is a job', async () => {
    const libraryId = unknownId
    const cases: [string, object, number, RegExp][] = [
      ['', {}, 400, /text to work on is missing/],
      ['   ', {}, 400, /text to work on is missing/],
      ['🎉🎊', {}, 422, /nothing to speak/],
      ['Привет, мир', {}, 422, /nothing to speak/],
      ['<speak>Hello', { ssml: true }, 422, /not valid at line 1/],
      [`<speak>${'<p>'.repeat(1000)}`, { ssml: true }, 422, /not valid at line 1/],
      ['<speak><break time="1s"/></speak>', { ssml: true }, 422, /nothing to speak/],
      ['a'.repeat(1_000_000), {}, 422, /1000000 characters; at most 100000/],
      [`<speak>${'<p>'.repeat(300_000)}`, { ssml: true }, 422, /at most 100000/],
      ['Hello', { language: 'es' }, 422, /language: .*not es/],
      ['Hello', { voice_id: 'nobody' }, 422, /no voice “nobody”/],
      ['Hello', { voice_id: libraryId }, 422, /no such voice in your library/],
      ['Hello', { dictionary_id: libraryId }, 422, /no such pronunciation dictionary/],
      ['Hello', { vocoder: 'nothing' }, 422, /no vocoder model “nothing”/],
    ]
    for (const [text, parameters, status, words] of cases) {
      const body = { input_type: 'text', input_data: text, capability: 'text-to-speech', parameters }
      const answer = await client.request('POST', '/api/audio/process-audio', body)
      expect(answer.status, `${text.slice(0, 20)} ${JSON.stringify(parameters)}`).toBe(status)
      expect(await answer.text()).toMatch(words)
    }
    const spoken = [{ start: 0, end: 1, text: 'Hola.', source_text: '' }]
    const recordings: [string, object, RegExp][] = [
      ['voice-changer', { target_voice_id: 'nobody' }, /no voice “nobody”/],
      ['voice-changer', { target_voice_id: libraryId }, /no such voice in your library/],
      ['accent-changer', { recognizer: 'nobody' }, /no speech-to-text model “nobody”/],
      ['dubbing', { voice_id: 'nobody' }, /no voice “nobody”/],
      ['dubbing', { voice_id: libraryId }, /no such voice in your library/],
      ['dubbing', { target_language: 'es', segments: spoken }, /target_language: .*not es/],
      ['dubbing', { source_language: 'es' }, /source_language: .*does not understand es/],
      ['dubbing', { ssml: true, segments: spoken }, /“Hola.” cannot be spoken/],
    ]
    for (const [capability, parameters, words] of recordings) {
      const body = { input_type: 'audio', filename: 'a.wav', capability, parameters }
      const answer = await client.request('POST', '/api/audio/process-audio', body)
      expect(answer.status, `${capability} ${JSON.stringify(parameters)}`).toBe(422)
      expect(await answer.text()).toMatch(words)
    }
    const { data } = await client.get<{ data: { capability: string }[] }>('/api/audio/jobs?limit=100')
    expect(data.filter(({ capability }) => capability !== 'noise-removal')).toEqual([])
  })

  it("hides other people's jobs and objects, and answers wrong ids with 4xx", async () => {
    const mine = await client.start(noisySpeech({ seconds: 1 }))
    await client.finished(mine.job_id)
    const stranger = await signUp(product)
    for (const id of [mine.job_id, unknownId]) {
      expect((await stranger.request('GET', `/api/audio/job-status/${id}`)).status).toBe(404)
      expect((await stranger.request('GET', `/api/audio/jobs/${id}/events`)).status).toBe(404)
      expect((await stranger.request('POST', `/api/audio/jobs/${id}/cancel`)).status).toBe(404)
      expect((await stranger.request('GET', `/api/audio/download-audio/${id}`)).status).toBe(404)
      expect((await stranger.request('DELETE', `/api/audio/jobs/${id}`)).status).toBe(404)
    }
    const job = await client.job(mine.job_id)
    expect((await stranger.request('GET', `/api/storage/download/${job.input!.upload_id}`)).status).toBe(404)
    const stolen = { input_type: 'audio', input_data: job.input!.upload_id, capability: 'noise-removal' }
    expect((await stranger.request('POST', '/api/audio/process-audio', stolen)).status).toBe(400)
    expect((await client.request('GET', '/api/audio/job-status/not-an-id')).status).toBe(400)
    expect((await fetch(`${product.url}/api/audio/job-status/${mine.job_id}`)).status).toBe(401)
    const forged = { authorization: `Bearer ${client.token.slice(0, -4)}AAAA` }
    expect((await fetch(`${product.url}/api/audio/jobs`, { headers: forged })).status).toBe(401)
  })

  it('refuses forged and altered signed addresses', async () => {
    const job = await client.finished((await client.start(noisySpeech({ seconds: 1 }))).job_id)
    const preview = new URL(job.output!.preview_url!)
    expect((await fetch(preview)).status).toBe(200)
    const elsewhere = new URL(preview)
    elsewhere.pathname = elsewhere.pathname.replace('preview.mp3', 'output.flac')
    expect((await fetch(elsewhere)).status).toBe(403)
    const up = new URL(preview)
    up.pathname = `/storage/..%2f..%2fsecret`
    expect([400, 403, 404]).toContain((await fetch(up)).status)
  })
})
