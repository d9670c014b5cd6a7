import { readFile } from 'node:fs/promises'
import { z } from 'zod'

import type { ModelFiles } from '../../../inference/engine'
import { floats } from '../../../inference/float-tensor'
import { AppError } from '../../../platform/errors'
import type { ModelVoice } from '../../speech-models'
import type { VoiceEngine } from '../voice-model'
import { misakiAmerican, misakiBritish, writeIpa } from './ipa'
import { proportionalSpans } from './proportional-spans'

const optionsSchema = z.object({
  model: z.string().default('onnx/model_quantized.onnx'),
  tokenizer: z.string().default('tokenizer.json'),
})

/** What is used of tokenizer.json. */
const tokenizerSchema = z.object({ model: z.object({ vocab: z.record(z.string(), z.int().min(0)) }) })

const styleSize = 256
/** Longer texts share the style of the longest. */
const longestStyled = 509
const edgeToken = 0
const workingBytes = 300 * 1024 * 1024

/**
 * Kokoro (a StyleTTS 2 network without diffusion) in the layout of `onnx-community/Kokoro-82M-v1.0-ONNX`: `input_ids`
 * int64 [1, L ≤ 512], `style` [1, 256], `speed` [1] → `waveform` [1, T] at 24 kHz. A voice is a file of styles, one for
 * each length of text. Deterministic. Words are placed by their phones, as the graph does not tell durations.
 */
export const kokoroEngine: VoiceEngine = {
  id: 'kokoro',
  needsVocoder: false,
  reads: ({ phones }) => Boolean(phones?.length),
  async load(model, runtime) {
    const { manifest } = model
    const options = optionsSchema.parse(manifest.options)
    const vocabulary = await readVocabulary(model, options.tokenizer)
    const session = await runtime.createSession(model.path(options.model), { providers: manifest.providers })
    const styles = new Map<string, Promise<Float32Array>>()
    const stylesOf = (voice: ModelVoice) => {
      const reading = styles.get(voice.id) ?? readStyles(model, String(voice.speaker))
      styles.set(voice.id, reading)
      return reading
    }
    return {
      bytes: 2 * manifest.files.reduce((sum, { bytes = 0 }) => sum + bytes, 0) + workingBytes,
      async run({ words, voice, rate }, job) {
        job.signal.throwIfAborted()
        const notation = voice.language === 'en-GB' ? misakiBritish : misakiAmerican
        const tokens = [...writeIpa(words, notation)].flatMap((sign) => vocabulary[sign] ?? [])
        const ids = [edgeToken, ...tokens, edgeToken]
        const row = Math.min(tokens.length, longestStyled) * styleSize
        const outputs = await session.run({
          input_ids: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] },
          style: { data: (await stylesOf(voice)).slice(row, row + styleSize), dims: [1, styleSize] },
          speed: { data: Float32Array.of(rate), dims: [1] },
        })
        const samples = floats(outputs, session.outputNames[0]!).data
        const spans = proportionalSpans(words, samples, manifest.sampleRateHz)
        return { sound: { kind: 'samples', samples }, words: spans, rate, problem: null }
      },
      release: () => session.release(),
    }
  },
}

async function readVocabulary(model: ModelFiles, file: string): Promise<Record<string, number>> {
  const path = model.path(file)
  try {
    return tokenizerSchema.parse(JSON.parse(await readFile(path, 'utf8'))).model.vocab
  } catch (cause) {
    throw new AppError('model_corrupt', { message: 'The model’s list of sounds could not be read.', cause })
  }
}

/** Rows of 256 little-endian floats. */
async function readStyles(model: ModelFiles, file: string): Promise<Float32Array> {
  const bytes = await readFile(model.path(file))
  if (bytes.length >= (longestStyled + 1) * styleSize * 4) {
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  }
  throw new AppError('model_corrupt', { message: `The voice file ${file} is too short.` })
}
