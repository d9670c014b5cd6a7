import type { LoadedModel, ModelFiles } from '../../../inference/engine'
import type { Runtime } from '../../../inference/runtime'
import { loadTokenizer } from '../../../inference/tokenizer'
import type { RecognizerEngine, RecognizerInput, RecognizerOutput } from '../recognizer'
import { readWhisperConfig, whisperTokens } from './whisper-config'
import { createLogMel } from './whisper-log-mel'
import type { WhisperModel } from './whisper-model'
import { createWhisperNetwork } from './whisper-network'
import { alignScript } from './whisper-placing'
import { transcribe } from './whisper-transcribe'

/**
 * Whisper (Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022) from ONNX files in the
 * layout of the `onnx-community` repositories; manifest options `encoder`, `decoder` and `timestamps` name others.
 *
 * Word times come by cross attention from exports that give it (the `_timestamped` repositories; their heads are named
 * in generation_config.json); with other exports words are spread over the segment that they belong to, by their letters
 * and by where it is loud, and a script cannot be aligned.
 *
 * Silence gives no text: what is below −65 dBFS is not decoded, and what the model takes for silence is dropped.
 */
export const whisperEngine: RecognizerEngine = {
  id: 'whisper',
  windowSeconds: 30,
  aligns: true,
  async load(files: ModelFiles, runtime: Runtime): Promise<LoadedModel<RecognizerInput, RecognizerOutput>> {
    const config = await readWhisperConfig(files)
    const tokenizer = await loadTokenizer(files.path('tokenizer.json'), files.path('tokenizer_config.json'))
    const tokens = whisperTokens(tokenizer)
    const { providers, id } = files.manifest
    const encoder = await runtime.createSession(files.path(config.encoderFile), { providers })
    const decoder = await runtime.createSession(files.path(config.decoderFile), { providers })
    const logMel = await createLogMel(runtime, config.melBins)
    const network = createWhisperNetwork(encoder, decoder, config)
    const model: WhisperModel = { id, config, tokens, tokenizer, logMel, network }
    return {
      bytes: residentBytes(files, model),
      run: (input, job) =>
        input.script === null ? transcribe(model, input, job) : alignScript(model, input, input.script, job),
      async release() {
        await Promise.all([encoder.release(), decoder.release(), logMel.release()])
      },
    }
  },
}

/**
 * Weights, and what a window leaves in the arena: the encoder's attention, caches of all layers, the alignment heads'
 * attention, and the logits of a long prompt. Whisper tiny: 495 MB where 584 were measured, quantised 326 for 275.
 */
function residentBytes(files: ModelFiles, { config }: WhisperModel): number {
  const { heads, audioPositions, textPositions } = config
  const weights = files.manifest.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0)
  const encoder = 3 * heads * audioPositions ** 2
  const cache = 2 * config.layers * heads * config.headWidth * (audioPositions + textPositions)
  const attention = (textPositions / 2) * config.alignmentHeads.length * audioPositions
  const logits = (textPositions / 2) * config.vocabulary
  return weights + 4 * (encoder + 2 * cache + attention + logits)
}
