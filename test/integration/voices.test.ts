import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VoiceView } from '../../src/modules/voices'
import { expectStatus, signUp, type ApiClient } from '../support/api-client'
import { startProduct, type TestProduct } from '../support/product'
import { addVoice, asWav, checked, music, soundSeconds, speechClip, uploadVoice } from '../support/voices'

let product: TestProduct
let client: ApiClient
let good: Buffer

beforeAll(async () => {
  product = await startProduct({ faulty: true, environment: { PREVIEW_SECONDS: '3' } })
  await product.startWorker()
  client = await signUp(product)
  good = asWav(await speechClip('coffee'))
}, 120_000)
afterAll(() => product.stop())

async function readyVoice(owner = client): Promise<VoiceView> {
  const { id } = await addVoice(product, owner, good)
  const voice = await checked(owner, id)
  expect(voice).toMatchObject({ status: 'ready', reason: null })
  return voice
}

const speak = (voiceId: string, parameters: Record<string, unknown> = {}, by = client) =>
  by.request('POST', '/api/audio/process-audio', {
    input_type: 'text',
    input_data: 'anything',
    capability: 'faulty',
    parameters: { behaviour: 'finish', voice_id: voiceId, ...parameters },
  })

async function started(answer: Response): Promise<string> {
  return ((await (await expectStatus(answer, 202)).json()) as { job_id: string }).job_id
}

async function objectsBelow(prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of product.container.objects.list(prefix)) keys.push(key)
  return keys
}

describe('a sample', { timeout: 60_000 }, () => {
  it('is checked, measured and kept, with a record of consent; upload and check leave nothing behind', async () => {
    const voice = await addVoice(product, client, good, { voice_name: ' Anna ', tags: 'Warm, low' })
    expect(voice).toMatchObject({ kind: 'library', name: 'Anna', tags: ['warm', 'low'], status: 'checking' })
    const ready = await checked(client, voice.id)
    expect(ready.status).toBe('ready')
    expect(ready.findings.map(({ check, passed }) => [check, passed])).toEqual(
      ['speech', 'level', 'clipping', 'noise', 'speakers'].map((check) => [check, true]),
    )
    expect(ready.speech_seconds).toBeGreaterThan(4)
    expect(ready.pitch_hz).toBeGreaterThan(60)
    expect(ready.consent).toMatchObject({ account_id: client.userId, given_by: 'the owner of the account' })
    expect(ready.consent?.statement).toContain('until I withdraw it')
    const row = await product.container.database.voice.findUniqueOrThrow({ where: { id: voice.id } })
    expect(row.consent).toMatchObject({ ip_address: '127.0.0.1' })
    expect((row.profile as { embedding: { vector: number[] } }).embedding.vector.length).toBeGreaterThan(10)
    const sample = await client.request('GET', `/api/voice-library/${voice.id}/sample`)
    expect(sample.status).toBe(302)
    const sound = Buffer.from(await (await fetch(sample.headers.get('location')!)).arrayBuffer())
    expect(await soundSeconds(sound, 'sample.flac')).toBeCloseTo(good.length / 48_000, 1)
    await expect
      .poll(() => client.get<{ data: unknown[] }>('/api/storage').then(({ data }) => data))
      .toEqual([])
    expect((await client.get<{ data: unknown[] }>('/api/audio/jobs')).data).toEqual([])
  })

  it('may be sent to a signed address, with the consent of somebody else in speech', async () => {
    const form = new FormData()
    form.set('file', new Blob([new Uint8Array(good)], { type: 'audio/wav' }), 'consent.wav')
    const recording = await fetch(`${product.url}/api/storage/upload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${client.token}` },
      body: form,
    })
    const { upload_id: recordingId } = (await recording.json()) as { upload_id: string }
    const consent = {
      statement: 'Timbre may speak with my voice.',
      given_by: 'Ben',
      recording_upload_id: recordingId,
    }
    const body = {
      voice_name: 'Ben',
      consent,
      filename: 'ben.wav',
      content_type: 'audio/wav',
      bytes: good.length,
    }
    const answer = await client.request('POST', '/api/voice-library/upload-sample', body)
    const { voice, upload } = (await (await expectStatus(answer, 201)).json()) as {
      voice: VoiceView
      upload: { url: string; headers: Record<string, string> }
    }
    expect(voice.status).toBe('checking')
    await fetch(upload.url, { method: 'PUT', headers: upload.headers, body: new Uint8Array(good) })
    expect(await checked(client, voice.id)).toMatchObject({ status: 'ready', consent: { given_by: 'Ben' } })
    expect((await objectsBelow(`voices/${voice.id}/`)).sort()).toEqual([
      `voices/${voice.id}/consent`,
      `voices/${voice.id}/sample.flac`,
    ])
    const foreign = await signUp(product)
    const refused = await foreign.request('POST', '/api/voice-library/upload-sample', body)
    expect(refused.status).toBe(400)
  })

  it.each([
    ['silence', async () => Promise.resolve(new Float32Array(6 * 24_000)), /silent/],
    ['music', async () => Promise.resolve(music(8)), /noise or music/],
    ['two speakers', () => speechClip('dialogue'), /2 people speak/],
    ['too little', () => speechClip('letter'), /4 are needed at least/],
    ['distorted', async () => (await speechClip('coffee')).map((sample) => sample * 12), /too loud/],
    [
      'noise',
      async () => (await speechClip('coffee')).map((sample, at) => sample + 0.12 * Math.sin(at * at)),
      /quiet room/,
    ],
  ] as const)('of %s is rejected with advice', async (_, make, advice) => {
    const { id } = await addVoice(product, client, asWav(await make()))
    const voice = await checked(client, id)
    expect(voice.status).toBe('rejected')
    expect(voice.reason).toMatch(advice)
    expect((await speak(id)).status).toBe(422)
    expect((await client.request('GET', `/api/voice-library/${id}/sample`)).status).toBe(409)
    expect(await objectsBelow(`voices/${id}/`)).toEqual([])
  })

  it('that is no recording is rejected; without consent or name it is refused and not kept', async () => {
    const { id } = await addVoice(product, client, Buffer.from('this is no sound at all, but a text'))
    expect(await checked(client, id)).toMatchObject({ status: 'rejected', findings: [] })
    const wrong: Record<string, string>[] = [
      { consent: 'false' },
      { consent: '{"statement":"yes"}' },
      { voice_name: ' ' },
    ]
    for (const fields of wrong) {
      expect((await uploadVoice(product, client, good, fields)).status).toBe(400)
    }
    await expect
      .poll(() =>
        client
          .get<{ data: { filename: string }[] }>('/api/storage')
          .then(({ data }) => data.map(({ filename }) => filename)),
      )
      .not.toContain('sample.wav')
  })
})

describe('the library', { timeout: 60_000 }, () => {
  it('lists, searches, describes; presets come last', async () => {
    const owner = await signUp(product)
    const one = await addVoice(product, owner, good, { voice_name: 'Low One', tags: 'calm' })
    const two = await addVoice(product, owner, good, { voice_name: 'High Two', tags: 'bright' })
    const names = async (query: string) =>
      (await owner.get<{ data: VoiceView[] }>(`/api/voice-library?kind=library${query}`)).data.map(
        ({ name }) => name,
      )
    expect(await names('')).toEqual(['High Two', 'Low One'])
    expect(await names('&search=low')).toEqual(['Low One'])
    expect(await names('&tag=Bright')).toEqual(['High Two'])
    expect(await names(`&limit=1&starting_after=${two.id}`)).toEqual(['Low One'])
    const changed = await owner.request('PATCH', `/api/voice-library/${one.id}`, {
      name: 'Deep',
      tags: ['bass'],
    })
    expect(await changed.json()).toMatchObject({ name: 'Deep', tags: ['bass'] })
    expect(await names('&search=bass')).toEqual(['Deep'])
    const all = (await owner.get<{ data: VoiceView[] }>('/api/voice-library')).data
    const presets = product.container.presets.list()
    expect(all.map(({ kind }) => kind)).toEqual(['library', 'library', ...presets.map(() => 'preset')])
    const stranger = await signUp(product)
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['GET', '/sample'],
    ] as const) {
      const body = method === 'PATCH' ? { name: 'Mine' } : undefined
      expect((await stranger.request(method, `/api/voice-library/${one.id}${path}`, body)).status).toBe(404)
    }
  })
})

describe('a job that names a voice', { timeout: 60_000 }, () => {
  it('gets its sample and what was measured; voices of models pass through', async () => {
    const voice = await readyVoice()
    const job = await client.finished(await started(await speak(voice.id)))
    expect(job.output?.details).toMatchObject({ voices: [{ id: voice.id, name: voice.name }] })
    const [given] = (job.output?.details as { voices: { pitch: number; bytes: number }[] }).voices
    expect(given!.pitch).toBeCloseTo(voice.pitch_hz!, 0)
    expect(given!.bytes).toBeGreaterThan(10_000)
    const other = await client.finished(await started(await speak('a-voice-of-a-model')))
    expect(other.output?.details).toEqual({ voices: [], dictionaries: {} })
  })

  it("is refused with another user's voice", async () => {
    const voice = await readyVoice()
    const answer = await speak(voice.id, {}, await signUp(product))
    expect(answer.status).toBe(422)
    expect(await answer.json()).toMatchObject({ fields: [{ path: 'voice_id' }] })
  })

  it('fails without a charge where the voice is withdrawn before it begins, and later jobs are refused', async () => {
    const voice = await readyVoice()
    const before = await client.finished(await started(await speak(voice.id)))
    const busy = await started(await speak('', { seconds: 2 }))
    const waiting = await started(await speak(voice.id))
    expect((await client.request('DELETE', `/api/voice-library/${voice.id}`)).status).toBe(204)
    const failed = await client.finished(waiting)
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'voice_withdrawn' } })
    expect(failed.error?.message).toMatch(/“My voice” was withdrawn/)
    expect((await client.finished(busy)).status).toBe('completed')
    expect((await speak(voice.id)).status).toBe(422)
    expect(await objectsBelow(`voices/${voice.id}/`)).toEqual([])
    expect((await client.request('GET', `/api/voice-library/${voice.id}`)).status).toBe(404)
    // What was made with it before stays; the record of consent too.
    const url = `/api/audio/download-audio/${before.job_id}`
    expect((await client.request('GET', url)).status).toBe(302)
    const row = await product.container.database.voice.findUniqueOrThrow({ where: { id: voice.id } })
    expect(row).toMatchObject({ status: 'withdrawn', sampleKey: null, profile: null })
    expect(row.consent).toMatchObject({ account_id: client.userId })
  })

  it('is stopped where the voice is withdrawn while it runs', async () => {
    const voice = await readyVoice()
    const jobId = await started(await speak(voice.id, { seconds: 30 }))
    await client.until(jobId, ({ progress }) => progress.stage === 'misbehave')
    const withdrawnAt = Date.now()
    await client.request('DELETE', `/api/voice-library/${voice.id}`)
    const job = await client.finished(jobId)
    expect(job).toMatchObject({ status: 'failed', error: { code: 'voice_withdrawn' }, output: null })
    expect(Date.now() - withdrawnAt).toBeLessThan(5000)
  })
})

describe('a job that names a dictionary', { timeout: 60_000 }, () => {
  it('gets its entries; one that is gone or somebody else’s is refused', async () => {
    const entries = [{ written: 'Timbre', spoken: 'ˈtæmbəɹ', alphabet: 'ipa' }]
    const answer = await client.request('POST', '/api/dictionaries', { name: 'Mine', entries })
    const { id } = (await (await expectStatus(answer, 201)).json()) as { id: string }
    const job = await client.finished(await started(await speak('', { dictionary_id: id })))
    expect(job.output?.details).toMatchObject({ dictionaries: { [id]: entries } })
    const refused = await speak('', { dictionary_id: id }, await signUp(product))
    expect(await refused.json()).toMatchObject({ status: 422, fields: [{ path: 'dictionary_id' }] })

    const busy = await started(await speak('', { seconds: 2 }))
    const waiting = await started(await speak('', { dictionary_id: id }))
    expect((await client.request('DELETE', `/api/dictionaries/${id}`)).status).toBe(204)
    expect(await client.finished(waiting)).toMatchObject({ status: 'failed', error: { code: 'gone' } })
    expect((await client.finished(busy)).status).toBe('completed')
    expect((await speak('', { dictionary_id: id })).status).toBe(422)
  })
})

describe('the preview of a running job', { timeout: 60_000 }, () => {
  const stream = (jobId: string, by = client) => by.request('GET', `/api/audio/jobs/${jobId}/stream`)

  it('is streamed as it is made, no longer than previews are, and goes with the job', async () => {
    const jobId = await started(await speak('', { parts: 5, seconds: 1 }))
    const running = await client.until(jobId, (job) => job.stream_url !== null)
    expect(running).toMatchObject({ status: 'processing', stream_url: `/api/audio/jobs/${jobId}/stream` })
    const answer = await stream(jobId)
    expect(answer.headers.get('content-type')).toBe('audio/mpeg')
    const sound = Buffer.from(await answer.arrayBuffer())
    expect((await client.job(jobId)).status).toBe('completed')
    const seconds = await soundSeconds(sound, 'stream.mp3')
    expect(seconds).toBeGreaterThan(2.5)
    expect(seconds).toBeLessThanOrEqual(3.1)
    expect((await stream(jobId, await signUp(product))).status).toBe(404)
    expect((await client.request('DELETE', `/api/audio/jobs/${jobId}`)).status).toBe(204)
    expect(await objectsBelow(`jobs/${jobId}/`)).toEqual([])
  })

  it('ends with a job that is canceled, and nothing of it stays', async () => {
    const jobId = await started(await speak('', { parts: 2, seconds: 60 }))
    await client.until(jobId, (job) => job.progress.stage === 'misbehave' && job.stream_url !== null)
    const reading = stream(jobId).then((answer) => answer.arrayBuffer())
    await client.request('POST', `/api/audio/jobs/${jobId}/cancel`)
    expect((await reading).byteLength).toBeGreaterThan(0)
    expect(await client.finished(jobId)).toMatchObject({ status: 'canceled', stream_url: null })
    await expect.poll(() => objectsBelow(`jobs/${jobId}/`)).toEqual([])
  })
})

describe('the estimate of a text', () => {
  it('goes by its characters and the speed, and names what is too much', async () => {
    const ask = (body: object) =>
      client.request('POST', '/api/audio/estimate', { capability: 'faulty', ...body })
    const parameters = { behaviour: 'finish' }
    const estimate = await ask({ input_characters: 150, parameters })
    expect(await estimate.json()).toMatchObject({ output_seconds: 10, cost_seconds: 10 })
    expect((await ask({ input_characters: 5000, parameters })).status).toBe(422)
    expect((await ask({ input_seconds: 10, parameters })).status).toBe(400)
    expect((await ask({ input_seconds: 10, input_characters: 10, parameters })).status).toBe(400)
  })
})

describe('the check of samples', { timeout: 60_000 }, () => {
  it('is not for clients', async () => {
    const body = { input_type: 'audio', capability: 'voice-sample', parameters: {} }
    expect((await client.request('POST', '/api/audio/process-audio', body)).status).toBe(404)
    const { data } = await client.get<{ data: { id: string }[] }>('/api/audio/capabilities')
    expect(data.map(({ id }) => id)).not.toContain('voice-sample')
  })
})

describe('moderation', { timeout: 90_000 }, () => {
  let moderated: TestProduct
  beforeAll(async () => {
    moderated = await startProduct({
      faulty: true,
      environment: { VOICE_MODERATION: 'true', VOICES_PER_ACCOUNT: '2' },
    })
    await moderated.startWorker()
  }, 60_000)
  afterAll(() => moderated.stop())

  async function logInAdmin() {
    await moderated.container.users.ensureAdmin()
    const login = await fetch(`${moderated.url}/api/users/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ identifier: 'admin', password: 'a password of the tests' }),
    })
    const { access_token: token } = (await (await expectStatus(login, 200)).json()) as {
      access_token: string
    }
    return (method: string, path: string, body?: unknown) =>
      fetch(moderated.url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      })
  }

  it('keeps voices waiting until an administrator has decided, and writes that down', async () => {
    const owner = await signUp(moderated)
    const first = await addVoice(moderated, owner, good, { voice_name: 'First' })
    const second = await addVoice(moderated, owner, good, { voice_name: 'Second' })
    expect((await checked(owner, first.id)).status).toBe('awaiting_moderation')
    expect((await checked(owner, second.id)).status).toBe('awaiting_moderation')
    expect((await uploadVoice(moderated, owner, good)).status).toBe(409)
    const job = {
      ...{ input_type: 'text', input_data: 'anything', capability: 'faulty' },
      parameters: { behaviour: 'finish', voice_id: first.id },
    }
    expect((await owner.request('POST', '/api/audio/process-audio', job)).status).toBe(422)
    expect((await owner.request('GET', '/api/admin/voices')).status).toBe(403)
    expect((await owner.request('POST', `/api/admin/voices/${first.id}/approve`)).status).toBe(403)

    const admin = await logInAdmin()
    const list = (await (await admin('GET', '/api/admin/voices?status=awaiting_moderation')).json()) as {
      data: { id: string; username: string; sample_url: string; consent: { ip_address: string } }[]
    }
    expect(list.data.map(({ id }) => id)).toEqual([second.id, first.id])
    expect(list.data[0]).toMatchObject({
      username: owner.credentials.username,
      consent: { ip_address: '127.0.0.1' },
    })
    expect((await fetch(list.data[0]!.sample_url)).status).toBe(200)
    expect((await admin('POST', `/api/admin/voices/${second.id}/reject`, {})).status).toBe(400)
    const reason = 'This is the voice of somebody famous.'
    expect((await admin('POST', `/api/admin/voices/${second.id}/reject`, { reason })).status).toBe(200)
    expect((await admin('POST', `/api/admin/voices/${first.id}/approve`)).status).toBe(200)
    expect((await admin('POST', `/api/admin/voices/${first.id}/approve`)).status).toBe(409)

    expect(await owner.get(`/api/voice-library/${first.id}`)).toMatchObject({ status: 'ready' })
    expect(await owner.get(`/api/voice-library/${second.id}`)).toMatchObject({ status: 'rejected', reason })
    const accepted = await owner.request('POST', '/api/audio/process-audio', job)
    expect((await owner.finished(((await accepted.json()) as { job_id: string }).job_id)).status).toBe(
      'completed',
    )
    const actions = await moderated.container.database.auditEntry.findMany({
      where: { action: { startsWith: 'voice.' } },
      orderBy: { id: 'asc' },
    })
    expect(actions.map(({ action }) => action)).toEqual([
      ...['voice.consent_given', 'voice.consent_given', 'voice.rejected', 'voice.approved'],
    ])
  })

  it('withdraws a voice that is still being checked', async () => {
    const owner = await signUp(moderated)
    const voice = await addVoice(moderated, owner, good)
    expect((await owner.request('DELETE', `/api/voice-library/${voice.id}`)).status).toBe(204)
    const { database, objects } = moderated.container
    await expect
      .poll(async () => (await database.voice.findUniqueOrThrow({ where: { id: voice.id } })).checkJobId, {
        timeout: 15_000,
      })
      .toBeNull()
    const left: string[] = []
    for await (const { key } of objects.list(`voices/${voice.id}/`)) left.push(key)
    expect(left).toEqual([])
    expect((await owner.get<{ data: unknown[] }>('/api/storage')).data).toEqual([])
  })
})
