import { frameCount, type PcmBlock } from '../../audio/pcm'

export interface Mix {
  /** 0–1. */
  strength: number
  output: 'clean' | 'residue'
}

/**
 * Puts the result together from the recording and the model's clean version of it, sample by sample:
 * clean = x + strength·(model − x), residue = x − clean.
 */
export function mixResult(recording: PcmBlock, denoised: PcmBlock, { strength, output }: Mix): PcmBlock {
  const frames = frameCount(recording)
  return {
    channels: recording.channels.map((dry, channel) => {
      const wet = denoised.channels[channel]!
      const mixed = new Float32Array(frames)
      if (output === 'clean') interpolate(dry, wet, strength, mixed)
      else difference(dry, wet, strength, mixed)
      return mixed
    }),
  }
}

function interpolate(dry: Float32Array, wet: Float32Array, strength: number, mixed: Float32Array): void {
  for (let frame = 0; frame < mixed.length; frame++) {
    mixed[frame] = dry[frame]! + strength * (wet[frame]! - dry[frame]!)
  }
}

function difference(dry: Float32Array, wet: Float32Array, strength: number, mixed: Float32Array): void {
  for (let frame = 0; frame < mixed.length; frame++) mixed[frame] = strength * (dry[frame]! - wet[frame]!)
}
