import { createHash } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { AppError } from '../../platform/errors'
import type { HandlerContext } from '../capability'
import { joined } from './fit'
import type { Recording } from './listen'
import { readMono, writeMono } from './sound'
import type { SpeechKey, SpeechStore } from './speech-store'

/** A voice cannot be told from less of it. */
export const shortestVoiceSeconds = 3
const gapSeconds = 0.4
/** So much speech is turned at once: enough to know the voice by, and no burden on memory. */
const batchSeconds = 120

/** Names a speaker's voice by its sound, for the keys of what is spoken in it. */
export function voiceDigest(samples: Float32Array): string {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)
  return `own:${createHash('sha256').update(bytes).digest('hex').slice(0, 24)}`
}

/** A piece of speech, and the same in the speaker's own voice. */
export interface VoicePair {
  from: SpeechKey
  to: SpeechKey
}

/**
 * Turns speech into the voice of a speaker by the voice changer, which keeps the timing: several pieces, with silence
 * between, go as one recording, and are cut out again at the same places.
 */
export async function turnIntoVoice(
  pairs: readonly VoicePair[],
  voice: Float32Array,
  sampleRateHz: Recording['sampleRateHz'],
  store: SpeechStore,
  outputDir: string,
  context: HandlerContext,
): Promise<void> {
  const missing = pairs.filter(({ to }) => !store.has(to))
  if (missing.length === 0) return
  const { ffmpeg, signal } = context
  const folder = join(outputDir, 'own-voice')
  await mkdir(folder, { recursive: true })
  try {
    const samplePath = join(folder, 'speaker.flac')
    await writeMono(ffmpeg, samplePath, voice, { sampleRateHz, signal })
    const turn = (batch: readonly VoicePair[], pieces: readonly Float32Array[]) =>
      turnBatch(batch, pieces, { samplePath, sampleRateHz, store, folder }, context)
    let batch: VoicePair[] = []
    let pieces: Float32Array[] = []
    let seconds = 0
    for (const pair of missing) {
      const piece = await readMono(ffmpeg, store.path(pair.from), { sampleRateHz, maxSeconds: 3600, signal })
      batch.push(pair)
      pieces.push(piece)
      seconds += piece.length / sampleRateHz
      if (seconds < batchSeconds) continue
      await turn(batch, pieces)
      ;[batch, pieces, seconds] = [[], [], 0]
    }
    if (batch.length > 0) await turn(batch, pieces)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function turnBatch(
  batch: readonly VoicePair[],
  pieces: readonly Float32Array[],
  given: { samplePath: string; sampleRateHz: number; store: SpeechStore; folder: string },
  context: HandlerContext,
): Promise<void> {
  const { sampleRateHz, store, folder } = given
  const { ffmpeg, signal } = context
  const gap = new Float32Array(Math.round(gapSeconds * sampleRateHz))
  const path = join(folder, 'speech.flac')
  await writeMono(ffmpeg, path, joined(pieces.flatMap((piece) => [piece, gap])), { sampleRateHz, signal })
  const { output } = await context.runCapability(
    {
      capability: 'voice-changer',
      input: { kind: 'audio', path },
      parameters: { target_voice_id: 'speaker', preserve_timing: true },
      resources: {
        voices: {
          speaker: { id: 'speaker', name: 'Speaker', samplePath: given.samplePath, profile: null },
        },
        dictionaries: {},
      },
      outputDir: join(folder, 'changed'),
    },
    context.progress,
  )
  const turned = await readMono(ffmpeg, output.path, { sampleRateHz, maxSeconds: 3600, signal })
  let position = 0
  for (const [index, { to }] of batch.entries()) {
    const { length } = pieces[index]!
    const part = join(folder, 'part.flac')
    if (position + length > turned.length + gap.length) {
      throw new AppError('engine_failed', { message: 'The voice changer gave less than it was given.' })
    }
    await writeMono(ffmpeg, part, turned.slice(position, position + length), { sampleRateHz, signal })
    await store.put(to, part)
    position += length + gap.length
  }
}
