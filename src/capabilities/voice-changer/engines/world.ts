import { setImmediate } from 'node:timers/promises'

import { frameCount, type PcmBlock } from '../../../audio/pcm'
import type { JobContext } from '../../../inference/engine'
import type { VoiceChangerEngine, VoiceChangerInput } from '../changer'
import { createFrameMapper } from '../frame-mapper'
import { createReshaper } from '../reshaper'
import { createRevoicer } from '../revoicer'
import { planChange, type VoiceChange } from '../voice-change'

/** Tables and the last seconds of sound. */
const residentBytes = 16_000_000
/** So much is worked on before a cancellation is looked for. */
const pieceSeconds = 0.5

/**
 * Signal processing without a network, from any voice to any: pitch, vocal tract length, colour and breath are mapped
 * from the one voice's statistics to the other's (`planChange`). Where the pitch stays, the recording is filtered;
 * where it changes, voiced sounds are synthesised anew.
 */
export const worldEngine: VoiceChangerEngine = {
  id: 'world',
  load: () =>
    Promise.resolve({
      bytes: residentBytes,
      run: (input, job) => {
        const change = planChange(input.request)
        return Promise.resolve({ change, blocks: render(input, change, job) })
      },
      release: () => Promise.resolve(),
    }),
}

async function* render(
  { sampleRateHz, channels, blocks }: VoiceChangerInput,
  change: VoiceChange,
  { signal, seed }: JobContext,
): AsyncGenerator<PcmBlock> {
  const create = change.pitch ? createRevoicer : createReshaper
  const renderer = create({
    ...{ sampleRateHz, channels, seed },
    mapperOf: (bins) => createFrameMapper(change, sampleRateHz, bins),
  })
  const pieceFrames = Math.round(pieceSeconds * sampleRateHz)
  for await (const block of blocks) {
    for (let at = 0; at < frameCount(block); at += pieceFrames) {
      await setImmediate()
      signal.throwIfAborted()
      yield renderer.push({ channels: block.channels.map((samples) => samples.slice(at, at + pieceFrames)) })
    }
  }
  yield renderer.finish()
}
