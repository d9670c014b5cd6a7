import { createRealFft } from '../../audio/fft-real'
import type { PcmBlock } from '../../audio/pcm'
import { pitchHopSeconds, trackPitch } from '../../audio/pitch-track'
import { createEnvelopeAnalyser } from '../../audio/spectral-envelope'
import type { FormantShift } from './accents/rule'

/** Formants of General American vowels by men, in Hz (Hillenbrand et al., JASA 97, 1995, table V; AY, AW, OY at their middle, ours). */
const formants: Record<string, readonly [f1: number, f2: number, f3: number]> = {
  ...{ IY: [342, 2322, 3000], IH: [427, 2034, 2684], EY: [476, 2089, 2691], EH: [580, 1799, 2605] },
  ...{ AE: [588, 1952, 2601], AA: [768, 1333, 2522], AO: [652, 997, 2538], OW: [497, 910, 2459] },
  ...{ UH: [469, 1122, 2434], UW: [378, 997, 2343], AH: [623, 1200, 2550], ER: [474, 1379, 1710] },
  ...{ AY: [650, 1500, 2550], AW: [650, 1250, 2500], OY: [520, 1300, 2500] },
}
/** Higher voices come from shorter vocal tracts: women's formants are about this much higher. */
const shortTract = 1.17
const highPitchHz = 160
/** About; windows are a power of two. */
const windowSeconds = 0.028
const maxGainDb = 18
/** Above this nothing is moved. */
const ceilingHz = 4500
/** Share of a vowel at either end over which the change comes and goes. */
const rampShare = 0.25

export interface MoveOptions {
  sampleRateHz: number
  /** Where in the block the vowel lies, in frames. */
  start: number
  end: number
  /** ARPAbet without stress. */
  phone: string
  origin: FormantShift
  shift: FormantShift
}

export interface MovedVowel {
  block: PcmBlock
  /** Frames of 5 ms that were changed: what has no pitch is left alone. */
  changedFrames: number
}

/**
 * Moves the formants of one vowel: short-time spectra are weighted with the ratio of their envelope, warped so that each
 * formant comes to its new place, to the envelope as it is. The voice's own periods stay untouched, and samples outside
 * of the vowel bit for bit what they were.
 */
export function moveVowel(block: PcmBlock, options: MoveOptions): MovedVowel {
  const { sampleRateHz, start, end } = options
  const window = 2 ** Math.round(Math.log2(windowSeconds * sampleRateHz))
  const hop = window / 4
  const mono = mixDown(block)
  const pitch = trackPitch(mono, sampleRateHz)
  const envelopes = createEnvelopeAnalyser(sampleRateHz)
  const envelope = new Float64Array(envelopes.bins)
  const fft = createRealFft(window)
  const hann = Float64Array.from(
    { length: window },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / window),
  )
  const anchors = anchorsOf(options, medianPitch(pitch))
  const out = block.channels.map((samples) => samples.slice())
  let changedFrames = 0
  for (let from = start; from + window <= end; from += hop) {
    const centre = from + window / 2
    const pitchHz = pitch[Math.round(centre / sampleRateHz / pitchHopSeconds)] ?? 0
    if (pitchHz === 0) continue
    envelopes.analyse(mono, centre, pitchHz, envelope)
    const depth = depthAt((centre - start) / (end - start))
    const gains = gainsOf(envelope, anchors, { sampleRateHz, bins: window / 2 + 1, depth })
    block.channels.forEach((samples, channel) => addChange(samples, out[channel]!, from, gains, hann, fft))
    changedFrames += 1
  }
  return { block: { channels: out }, changedFrames }
}

/** Adds what the weights change of one window. Squared Hann windows a quarter apart add up to 1.5. */
function addChange(
  samples: Float32Array,
  out: Float32Array,
  from: number,
  gains: Float64Array,
  hann: Float64Array,
  fft: ReturnType<typeof createRealFft>,
): void {
  const frame = Float64Array.from(hann, (weight, n) => weight * (samples[from + n] ?? 0))
  const spectrum = new Float64Array(fft.spectrumLength)
  fft.forward(frame, spectrum)
  for (let bin = 0; bin < gains.length; bin++) {
    spectrum[2 * bin] = spectrum[2 * bin]! * (gains[bin]! - 1)
    spectrum[2 * bin + 1] = spectrum[2 * bin + 1]! * (gains[bin]! - 1)
  }
  fft.inverse(spectrum, frame)
  for (let n = 0; n < frame.length; n++) out[from + n] = out[from + n]! + (frame[n]! * hann[n]!) / 1.5
}

interface Anchor {
  from: number
  to: number
}

/** Where each formant is, and where it is to be; in between the frequencies follow on straight lines. */
function anchorsOf({ phone, origin, shift }: MoveOptions, pitchHz: number): Anchor[] {
  const tract = pitchHz > highPitchHz ? shortTract : 1
  const general = formants[phone] ?? formants.AH!
  const [f1, f2, f3] = [
    general[0] * tract * origin.f1,
    general[1] * tract * origin.f2,
    general[2] * tract * origin.f3,
  ]
  const moved = [f1 * shift.f1, f2 * shift.f2, f3 * shift.f3] as const
  // Formants never cross: a gap stays between them.
  const to1 = moved[0]
  const to2 = Math.max(moved[1], to1 + 200)
  const to3 = Math.min(ceilingHz - 300, Math.max(moved[2], to2 + 300))
  return [
    { from: 0, to: 0 },
    { from: f1, to: to1 },
    { from: f2, to: to2 },
    { from: f3, to: to3 },
    { from: ceilingHz, to: ceilingHz },
  ]
}

/** Frequency of the source that comes to lie at `hz`. */
function sourceOf(anchors: readonly Anchor[], hz: number): number {
  const next = anchors.findIndex(({ to }) => to > hz)
  if (next <= 0) return hz
  const [low, high] = [anchors[next - 1]!, anchors[next]!]
  return low.from + ((hz - low.to) / (high.to - low.to)) * (high.from - low.from)
}

function gainsOf(
  envelope: Float64Array,
  anchors: readonly Anchor[],
  { sampleRateHz, bins, depth }: { sampleRateHz: number; bins: number; depth: number },
): Float64Array {
  const binHz = sampleRateHz / 2 / (envelope.length - 1)
  const power = (hz: number) => {
    const at = Math.min(envelope.length - 1.001, Math.max(0, hz / binHz))
    const low = Math.floor(at)
    return envelope[low]! + (at - low) * (envelope[low + 1]! - envelope[low]!)
  }
  const limit = maxGainDb / 10
  return Float64Array.from({ length: bins }, (_, bin) => {
    const hz = (bin * sampleRateHz) / 2 / (bins - 1)
    if (hz >= ceilingHz) return 1
    const ratio = Math.log10((power(sourceOf(anchors, hz)) + 1e-16) / (power(hz) + 1e-16))
    return 10 ** ((depth * Math.max(-limit, Math.min(limit, ratio))) / 2)
  })
}

function depthAt(position: number): number {
  const edge = Math.min(position, 1 - position) / rampShare
  return edge >= 1 ? 1 : 0.5 - 0.5 * Math.cos(Math.PI * Math.max(0, edge))
}

function mixDown({ channels }: PcmBlock): Float32Array {
  if (channels.length === 1) return channels[0]!
  return channels[0]!.map((_, n) => channels.reduce((sum, samples) => sum + samples[n]!, 0) / channels.length)
}

function medianPitch(pitch: Float32Array): number {
  const voiced = pitch.filter((hz) => hz > 0).sort()
  return voiced[voiced.length >> 1] ?? 0
}
