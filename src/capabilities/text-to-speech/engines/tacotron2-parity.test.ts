import { beforeAll, describe, expect, it } from 'vitest'

import { floats } from '../../../inference/float-tensor'
import type { Session } from '../../../inference/runtime'
import { decodeFrames, type EncodedText } from './tacotron2-decoder'
import {
  largestDifference,
  readReference,
  tacotronFolder,
  testRuntime,
  type TacotronReference,
} from './testing/tiny-networks'

const bands = 8
const sizes = { bands, attentionRnn: 24, decoderRnn: 20 }
const rules = { maxFrames: 48, gateThreshold: 1, window: null, jitter: null }
const job = { signal: new AbortController().signal }

let reference: TacotronReference
let decoder: Session
let postnet: Session
let text: EncodedText

beforeAll(async () => {
  reference = readReference(tacotronFolder) as TacotronReference
  const encoder = await testRuntime.createSession(`${tacotronFolder}/encoder.onnx`)
  decoder = await testRuntime.createSession(`${tacotronFolder}/decoder_iter.onnx`)
  postnet = await testRuntime.createSession(`${tacotronFolder}/postnet.onnx`)
  const length = reference.tokens.length
  const encoded = await encoder.run({
    sequences: { data: BigInt64Array.from(reference.tokens, BigInt), dims: [1, length] },
    sequence_lengths: { data: BigInt64Array.of(BigInt(length)), dims: [1] },
  })
  text = {
    memory: floats(encoded, 'memory'),
    processedMemory: floats(encoded, 'processed_memory'),
    length,
  }
})

/* Largest differences that were seen: mel 1.3e-5, alignment 1.3e-5, stop token’s logit 4.1e-6, post-net 2.9e-6. */
describe('against torchaudio’s Tacotron 2, 48 frames', () => {
  it('mel, alignment and stop token are the same', async () => {
    const decoded = await decodeFrames(decoder, text, sizes, rules, job, true)
    expect(decoded.frames).toBe(48)
    const mel = reference.mel[0]!.flatMap((_, frame) => reference.mel.map((band) => band[frame]!))
    expect(largestDifference(decoded.data, mel)).toBeLessThan(5e-5)
    expect(largestDifference(decoded.alignment!, reference.alignment.flat())).toBeLessThan(5e-5)
    expect(largestDifference(decoded.gates, reference.gates)).toBeLessThan(5e-5)
    const focus = reference.alignment.map((row) => row.indexOf(Math.max(...row)))
    expect(decoded.positions).toEqual(focus)
    const refined = await postnet.run({
      mel_outputs: { data: Float32Array.from(reference.mel.flat()), dims: [1, bands, 48] },
    })
    const difference = largestDifference(
      floats(refined, 'mel_outputs_postnet').data,
      reference.postnet.flat(),
    )
    expect(difference).toBeLessThan(5e-5)
  })

  it('ends at the first frame whose stop token is sure enough', async () => {
    const probabilities = reference.gates.map((logit) => 1 / (1 + Math.exp(-logit)))
    const sorted = [...probabilities].sort((a, b) => a - b)
    const gateThreshold = (sorted.at(-4)! + sorted.at(-3)!) / 2
    const first = probabilities.findIndex((probability) => probability > gateThreshold)
    const decoded = await decodeFrames(decoder, text, sizes, { ...rules, gateThreshold }, job)
    expect(decoded.frames).toBe(first + 1)
  })

  it('a window keeps attention from jumping and from going back', async () => {
    const decoded = await decodeFrames(decoder, text, sizes, { ...rules, window: 3 }, job)
    const steps = decoded.positions.map((position, frame) => position - (decoded.positions[frame - 1] ?? 0))
    expect(Math.max(...steps)).toBeLessThanOrEqual(2)
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(-1)
    const free = await decodeFrames(decoder, text, sizes, rules, job)
    expect(free.positions).not.toEqual(decoded.positions)
  })

  it('stops between two frames when the job is canceled', async () => {
    const abort = new AbortController()
    let frames = 0
    const counting: Session = {
      ...decoder,
      run(feeds) {
        frames += 1
        if (frames === 5) abort.abort(new Error('enough'))
        return decoder.run(feeds)
      },
    }
    await expect(decodeFrames(counting, text, sizes, rules, abort)).rejects.toThrow('enough')
    expect(frames).toBe(5)
  })
})
