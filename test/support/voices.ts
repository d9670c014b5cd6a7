import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { VoiceView } from '../../src/modules/voices'
import { packagedFfmpeg } from '../fixtures/audio-files'
import { wav } from '../fixtures/recordings'
import { expectStatus, type ApiClient } from './api-client'
import type { TestProduct } from './product'

export const sampleRateHz = 24_000

/** A recorded clip of `test/fixtures/speech` as samples. */
export async function speechClip(name: string): Promise<Float32Array> {
  const clip = path.resolve(`test/fixtures/speech/${name}.opus`)
  const { blocks } = await packagedFfmpeg.decode(clip, { sampleRateHz, channels: 1, maxSeconds: 60 })
  const parts: Float32Array[] = []
  for await (const { channels } of blocks) parts.push(channels[0]!)
  return Float32Array.from(parts.flatMap((part) => [...part]))
}

/** Chords that change every second, with overtones and beats, over a drum. */
export function music(seconds: number): Float32Array {
  const chords = [
    [220, 277.2, 329.6],
    [196, 246.9, 293.7],
    [174.6, 220, 261.6],
    [207.7, 261.6, 311.1],
  ]
  return Float32Array.from({ length: seconds * sampleRateHz }, (_, index) => {
    const time = index / sampleRateHz
    const chord = chords[Math.floor(time) % chords.length]!
    const tones = chord.flatMap((hz) => [1, 2, 3, 4].map((n) => Math.sin(2 * Math.PI * hz * n * time) / n))
    const beat = Math.exp(-30 * (time % 0.25)) * Math.sin(2 * Math.PI * 90 * time)
    return 0.08 * tones.reduce((sum, tone) => sum + tone, 0) + 0.3 * beat
  })
}

/** As a 16-bit WAV file; what is beyond full scale is clipped. */
export function asWav(samples: Float32Array): Buffer {
  const limited = samples.map((sample) => Math.max(-1, Math.min(1, sample)) * 32_767)
  return wav(Int16Array.from(limited), sampleRateHz, 1)
}

/** As the browser sends a sample. */
export async function uploadVoice(
  { url }: Pick<TestProduct, 'url'>,
  client: ApiClient,
  sample: Buffer,
  fields: Record<string, string> = {},
): Promise<Response> {
  const form = new FormData()
  for (const [name, value] of Object.entries({ voice_name: 'My voice', consent: 'true', ...fields })) {
    form.set(name, value)
  }
  form.set('file', new Blob([new Uint8Array(sample)], { type: 'audio/wav' }), 'sample.wav')
  return fetch(`${url}/api/voice-library/upload-sample`, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.token}` },
    body: form,
  })
}

export async function addVoice(
  product: Pick<TestProduct, 'url'>,
  client: ApiClient,
  sample: Buffer,
  fields?: Record<string, string>,
): Promise<VoiceView> {
  const answer = await expectStatus(await uploadVoice(product, client, sample, fields), 201)
  return ((await answer.json()) as { voice: VoiceView }).voice
}

/** Polls until the sample was checked. */
export async function checked(client: ApiClient, voiceId: string, timeoutMs = 30_000): Promise<VoiceView> {
  const giveUpAt = Date.now() + timeoutMs
  for (;;) {
    const voice = await client.get<VoiceView>(`/api/voice-library/${voiceId}`)
    if (voice.status !== 'checking') return voice
    if (Date.now() > giveUpAt) throw new Error('the voice is still being checked')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Length of a sound in seconds, by decoding it. */
export async function soundSeconds(sound: Buffer, name: string): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'timbre-sound-'))
  try {
    const file = path.join(folder, name)
    await writeFile(file, sound)
    return (await packagedFfmpeg.probe(file)).durationSeconds ?? 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
