import { existsSync, readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { manifestSchema } from '../../../inference/manifest'
import { quietJob } from '../testing/quiet-job'
import { createSeededNoise } from '../seeded-noise'
import { hifiganEngine } from './hifigan'
import { largestDifference, testRuntime } from './testing/tiny-networks'

const published = '../shared/weights/vocoder/hifigan-v2-ljspeech'
const manifest = manifestSchema.parse(
  JSON.parse(readFileSync('models/vocoder/hifigan-v2-ljspeech/manifest.json', 'utf8')),
)

/** Not speech, but as rough as it. */
function mel(frames: number) {
  const data = new Float32Array(80 * frames)
  createSeededNoise(3).fill(data, 0)
  return { bands: 80, frames, data: data.map((value, index) => -5 + value + Math.sin(index / 9)) }
}

describe.skipIf(!existsSync(published))(
  `HiFi-GAN as published (${published} is missing where skipped)`,
  () => {
    const load = (options: Record<string, unknown>) =>
      hifiganEngine.load(
        { manifest: { ...manifest, options }, path: (file) => `${published}/${file}` },
        testRuntime,
      )
    const input = { mel: mel(120), seed: 1, sigma: 1, denoiser: 0 }

    it('makes the same sound in chunks as in one go', async () => {
      const whole = await (await load({ chunk_frames: 1000 })).run(input, quietJob())
      const parts = await (await load({ chunk_frames: 40 })).run(input, quietJob())
      expect(whole.length).toBe(120 * 256)
      const level = Math.sqrt(whole.reduce((sum, sample) => sum + sample * sample, 0) / whole.length)
      expect(level).toBeGreaterThan(0.001)
      expect(largestDifference(whole, parts)).toBeLessThan(1e-5)
    })

    it('stops between two chunks when the job is canceled', async () => {
      const signal = AbortSignal.abort(new Error('enough'))
      const model = await load({})
      await expect(model.run(input, quietJob({ signal }))).rejects.toThrow('enough')
    })
  },
)
