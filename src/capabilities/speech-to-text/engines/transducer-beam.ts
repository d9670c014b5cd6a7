import { logAdd } from '../decoding/emissions'
import type { Keyterms } from '../decoding/keyterms'
import type { Pace } from '../decoding/pacing'
import type { SpokenToken } from './transducer-greedy'
import {
  frameOf,
  highest,
  logSum,
  type Encoded,
  type Prediction,
  type TransducerNetwork,
} from './transducer-network'

export interface TransducerBeamOptions {
  /** Hypotheses that are kept; 4 is usual. */
  paths: number
  keyterms: Keyterms | null
  /** Whether a token writes nothing (`<unk>`): it is taken for a blank. */
  silent: (token: number) => boolean
}

interface Hypothesis<State> {
  /** The tokens as a text: hypotheses with the same key said the same. */
  key: string
  last: Link | null
  length: number
  /** The frame that it listens to next. */
  frame: number
  /** Tokens that it said in that frame. */
  symbols: number
  score: number
  bias: number
  /** Of the tokens so far; null until it is needed. */
  prediction: Prediction<State> | null
  /** What the prediction is made from when there is none yet. */
  source: { after: State; token: number } | null
}

/** Spoken tokens, last one first, shared by the hypotheses that begin alike. */
interface Link extends SpokenToken {
  before: Link | null
}

/** A way to go on from a hypothesis: `token` at the best duration. */
interface Step<State> {
  from: Hypothesis<State>
  token: number
  said: boolean
  score: number
  logProb: number
  duration: number | null
}

/**
 * Modified beam search: hypotheses that said the same in the same frames add their probabilities, and those that are
 * furthest behind are extended first. For networks with one token a frame it is the search of icefall and sherpa-onnx
 * (https://github.com/k2-fsa/icefall, `modified_beam_search`); keyterms are weighed before hypotheses are dropped rather
 * than after, so that a rare word is not lost at its first letters.
 *
 * @returns The tokens of the hypothesis with the best score a token.
 */
export async function searchBeam<State>(
  network: TransducerNetwork<State>,
  encoded: Encoded,
  options: TransducerBeamOptions,
  pace: Pace,
): Promise<{ spoken: SpokenToken[]; score: number }> {
  const biasOf = createBias(network, options.keyterms)
  let beam: Hypothesis<State>[] = [
    {
      ...{ key: '', last: null, length: 0, frame: 0, symbols: 0, score: 0 },
      ...{ bias: options.keyterms?.start ?? 0, prediction: network.start, source: null },
    },
  ]
  for (;;) {
    const frame = Math.min(...beam.map((hypothesis) => hypothesis.frame))
    if (frame >= encoded.frames) break
    if (pace.due()) await pace.rest()
    const ready = beam.filter(
      (hypothesis) => hypothesis.frame === frame && hypothesis.symbols < network.maxSymbols,
    )
    const rest = beam
      .filter((hypothesis) => !ready.includes(hypothesis))
      .map((hypothesis) => (hypothesis.frame === frame ? waiting(hypothesis) : hypothesis))
    const steps = ready.length > 0 ? await extend(network, encoded, frame, ready, options, biasOf) : []
    beam = merge(network, best(steps, rest, options.paths), frame, options.keyterms)
  }
  const finished = beam.map((hypothesis) => ({
    hypothesis,
    score: hypothesis.score + (options.keyterms?.finish(hypothesis.bias) ?? 0),
  }))
  const rate = (entry: (typeof finished)[number]) => entry.score / (entry.hypothesis.length + network.context)
  const winner = finished.reduce((a, b) => (rate(b) > rate(a) ? b : a))
  return { spoken: spokenOf(winner.hypothesis.last), score: winner.score }
}

/** Said all that it may in this frame. */
function waiting<State>(hypothesis: Hypothesis<State>): Hypothesis<State> {
  return { ...hypothesis, frame: hypothesis.frame + 1, symbols: 0 }
}

/** The best steps of every hypothesis at `frame`, all of them joined in one call. */
async function extend<State>(
  network: TransducerNetwork<State>,
  encoded: Encoded,
  frame: number,
  ready: Hypothesis<State>[],
  { paths, silent }: TransducerBeamOptions,
  biasOf: (state: number) => Float64Array | null,
): Promise<Step<State>[]> {
  await predictMissing(network, ready)
  const heard = frameOf(encoded, frame)
  const logits = await network.join(
    ready.map(() => heard),
    ready.map((hypothesis) => hypothesis.prediction!.output),
  )
  const scores = new Float64Array(network.tokens)
  return ready.flatMap((from, row) => {
    const offset = row * (network.tokens + network.durations)
    const norm = logSum(logits, offset, network.tokens)
    const duration = bestDuration(network, logits, offset)
    const base = from.score - norm + duration.logProb
    const bias = biasOf(from.bias)
    for (let token = 0; token < network.tokens; token++) {
      scores[token] = base + logits[offset + token]! + (bias ? bias[token]! : 0)
    }
    return topTokens(scores, paths).map((token) => ({
      from,
      token,
      said: token !== network.blank && !silent(token),
      score: scores[token]!,
      logProb: logits[offset + token]! - norm,
      duration: duration.frames,
    }))
  })
}

async function predictMissing<State>(
  network: TransducerNetwork<State>,
  hypotheses: Hypothesis<State>[],
): Promise<void> {
  const missing = hypotheses.filter(({ prediction }) => !prediction)
  if (missing.length === 0) return
  const predictions = await network.predict(missing.map(({ source }) => source!))
  for (const [index, hypothesis] of missing.entries()) hypothesis.prediction = predictions[index]!
}

function bestDuration(
  { tokens, durations }: { tokens: number; durations: number },
  logits: Float32Array,
  offset: number,
): { frames: number | null; logProb: number } {
  if (durations === 0) return { frames: null, logProb: 0 }
  const frames = highest(logits, offset + tokens, durations)
  return { frames, logProb: logits[offset + tokens + frames]! - logSum(logits, offset + tokens, durations) }
}

/** The tokens with the `count` highest scores, best first. */
function topTokens(scores: Float64Array, count: number): number[] {
  const top: number[] = []
  for (let token = 0; token < scores.length; token++) {
    if (top.length === count && scores[token]! <= scores[top[count - 1]!]!) continue
    let at = top.length
    while (at > 0 && scores[top[at - 1]!]! < scores[token]!) at--
    top.splice(at, 0, token)
    if (top.length > count) top.pop()
  }
  return top
}

/** The `paths` best of the new steps and of the hypotheses that were ahead already. */
function best<State>(
  steps: Step<State>[],
  rest: Hypothesis<State>[],
  paths: number,
): (Step<State> | Hypothesis<State>)[] {
  return [...rest, ...steps].sort((a, b) => b.score - a.score).slice(0, paths)
}

/** Takes the steps; hypotheses that said the same and listen to the same frame become one. */
function merge<State>(
  network: TransducerNetwork<State>,
  entries: (Step<State> | Hypothesis<State>)[],
  frame: number,
  keyterms: Keyterms | null,
): Hypothesis<State>[] {
  const merged = new Map<string, Hypothesis<State>>()
  for (const entry of entries) {
    const hypothesis = 'from' in entry ? take(network, entry, frame, keyterms) : entry
    const key = `${hypothesis.frame}:${hypothesis.key}`
    const same = merged.get(key)
    if (same) same.score = logAdd(same.score, hypothesis.score)
    else merged.set(key, hypothesis)
  }
  return [...merged.values()]
}

function take<State>(
  network: TransducerNetwork<State>,
  { from, token, said, score, logProb, duration }: Step<State>,
  frame: number,
  keyterms: Keyterms | null,
): Hypothesis<State> {
  if (!said) return { ...from, score, frame: frame + Math.max(1, duration ?? 1), symbols: 0 }
  const ahead = network.maxSymbols === 1 ? 1 : (duration ?? 0)
  return {
    key: `${from.key} ${token}`,
    last: { token, frame, logProb, frames: duration, before: from.last },
    length: from.length + 1,
    frame: frame + ahead,
    symbols: ahead > 0 ? 0 : from.symbols + 1,
    score,
    bias: keyterms?.next(from.bias, token) ?? 0,
    prediction: null,
    source: { after: from.prediction!.state, token },
  }
}

/** What every token adds to a hypothesis by the keyterms, computed once a state. */
function createBias(
  network: { tokens: number; blank: number },
  keyterms: Keyterms | null,
): (state: number) => Float64Array | null {
  const known = new Map<number, Float64Array>()
  return (state) => {
    if (!keyterms) return null
    const gains =
      known.get(state) ??
      Float64Array.from({ length: network.tokens }, (_, token) =>
        token === network.blank ? 0 : keyterms.gain(state, token),
      )
    known.set(state, gains)
    return gains
  }
}

function spokenOf(last: Link | null): SpokenToken[] {
  const spoken: SpokenToken[] = []
  for (let link = last; link; link = link.before) {
    const { token, frame, logProb, frames } = link
    spoken.push({ token, frame, logProb, frames })
  }
  return spoken.reverse()
}
