import type { Pace } from '../decoding/pacing'
import { frameOf, highest, logSum, type Encoded, type TransducerNetwork } from './transducer-network'

/** A token where it was said. */
export interface SpokenToken {
  token: number
  /** Frame of the encoder's output. */
  frame: number
  /** Natural log of its probability among the tokens. */
  logProb: number
  /** Frames that it lasts; null where the network does not say. */
  frames: number | null
}

/**
 * The most probable token of every frame, again and again until it is the blank; networks with durations say themselves
 * how many frames to go on.
 *
 * @param silent Whether a token writes nothing (`<unk>`): it is taken for a blank.
 */
export async function searchGreedy<State>(
  network: TransducerNetwork<State>,
  encoded: Encoded,
  silent: (token: number) => boolean,
  pace: Pace,
): Promise<SpokenToken[]> {
  const { tokens, durations } = network
  const spoken: SpokenToken[] = []
  let prediction = network.start
  let symbols = 0
  for (let frame = 0; frame < encoded.frames;) {
    if (pace.due()) await pace.rest()
    const logits = await network.join([frameOf(encoded, frame)], [prediction.output])
    const token = highest(logits, 0, tokens)
    const duration = durations > 0 ? highest(logits, tokens, durations) : 0
    const said = token !== network.blank && !silent(token)
    if (said) {
      const logProb = logits[token]! - logSum(logits, 0, tokens)
      spoken.push({ token, frame, logProb, frames: durations > 0 ? duration : null })
      ;[prediction] = (await network.predict([{ after: prediction.state, token }])) as [typeof prediction]
      symbols++
    }
    const ahead = duration > 0 ? duration : !said || symbols >= network.maxSymbols ? 1 : 0
    if (ahead > 0) symbols = 0
    frame += ahead
  }
  return spoken
}
