import type { TextTokenizer } from '../../../inference/tokenizer'
import { AppError } from '../../../platform/errors'
import type { WhisperConfig, WhisperTokens } from './whisper-config'
import type { LogMel } from './whisper-log-mel'
import type { WhisperNetwork } from './whisper-network'

/** Everything of a loaded Whisper model. */
export interface WhisperModel {
  id: string
  config: WhisperConfig
  tokens: WhisperTokens
  tokenizer: TextTokenizer
  logMel: LogMel
  network: WhisperNetwork
}

export const SAMPLE_RATE = 16000
/** Samples of an encoder position: two mel frames. */
export const POSITION_SAMPLES = 320

/** Samples of a full window. */
export function windowSamples({ audioPositions }: WhisperConfig): number {
  return audioPositions * POSITION_SAMPLES
}

/** Features of up to a window of audio, padded to a whole one, through the encoder. */
export async function encodeAudio({ logMel, network, config }: WhisperModel, samples: Float32Array) {
  return network.encode(await logMel.compute(samples, 2 * config.audioPositions))
}

/** Tags for which Whisper uses another code. */
const OTHER_CODES: Record<string, string> = {
  nb: 'no',
  iw: 'he',
  in: 'id',
  ji: 'yi',
  jv: 'jw',
  fil: 'tl',
  cmn: 'zh',
}

/**
 * The model's code of a language; null where it is to be found out, or where the model knows English only.
 *
 * @throws AppError `invalid_parameter` for a language that the model does not know.
 */
export function languageCode({ config, tokens }: WhisperModel, tag: string | null): string | null {
  if (tag === null || !config.multilingual) return null
  const primary = tag.toLowerCase().split('-')[0]!
  const code = OTHER_CODES[primary] ?? primary
  if (tokens.languages.has(code)) return code
  throw new AppError('invalid_parameter', {
    message: `The model does not know the language “${tag}”. Leave it out to have the language found.`,
    details: { parameter: 'language' },
  })
}
