import type { PcmBlock } from '../../audio/pcm'
import { pitchHopSeconds } from '../../audio/pitch-track'
import { createWorldAnalyser } from '../../audio/world-analysis'
import { createWorldSynthesiser, type WorldFrame } from '../../audio/world-synthesis'
import { createSampleHistory, type SampleHistory } from './sample-history'
import { mixDown, type VoiceRenderer, type VoiceRendererOptions } from './voice-renderer'

/** What is known of a frame of the recording once the new voice has been synthesised there. */
interface Passage {
  voiced: boolean
  /** Power that the new voice should have, and that it has. */
  wanted: number
  given: number
  /** How much of the mix of channels each channel has. */
  shares: number[]
}

/** Half the length of what the powers of a frame are taken from, in seconds. */
const levelReach = 0.015
/** Frames to either side over which the level is evened out. */
const levelFrames = 16
const mostGain = 2.5

/**
 * Gives voiced sounds a new pitch by taking them apart and putting them together again (WORLD); all else (breath,
 * consonants, room, music without a pitch) is the recording itself. Levels follow the recording's within 0.1 s. The
 * new voice is made from the mix of the channels and gets each channel's share of that.
 */
export function createRevoicer({
  sampleRateHz,
  channels,
  mapperOf,
  seed,
}: VoiceRendererOptions): VoiceRenderer {
  const analyser = createWorldAnalyser(sampleRateHz)
  const map = mapperOf(analyser.bins)
  const synthesiser = createWorldSynthesiser({
    ...{ sampleRateHz, seed, fftLength: analyser.fftLength, unvoiced: false },
  })
  const recording = Array.from({ length: channels }, createSampleHistory)
  const mix = createSampleHistory()
  const voice = createSampleHistory()
  const reach = Math.round(levelReach * sampleRateHz)
  const placeOf = (frame: number) => Math.ceil(frame * pitchHopSeconds * sampleRateHz)
  /** From frame `firstPassage` on. */
  const passages: Passage[] = []
  let firstPassage = 0
  /** Voiced or not, and the change of power, of frames that are no passages yet. */
  const waiting: { voiced: boolean; change: number }[] = []
  let frame = 0
  let given = 0

  const synthesise = (frames: WorldFrame[]) => {
    for (const old of frames) {
      const fresh = map(old)
      waiting.push({ voiced: old.pitchHz > 0, change: old.pitchHz > 0 ? power(fresh) / power(old) : 1 })
      voice.append(synthesiser.push(fresh))
    }
  }

  const measure = (ended: boolean) => {
    for (; waiting.length > 0; frame++) {
      const centre = placeOf(frame)
      if (!ended && voice.end() < centre + reach) return
      const { voiced, change } = waiting.shift()!
      const mixed = voiced ? energy(mix, centre, reach) : 0
      passages.push({
        voiced,
        wanted: mixed * change,
        given: voiced ? energy(voice, centre, reach) : 0,
        shares: recording.map((channel) =>
          channels === 1 || !voiced ? 1 : product(channel, mix, centre, reach) / (mixed + 1e-12),
        ),
      })
    }
  }

  const gainAt = (index: number): number => {
    let wanted = 0
    let got = 0
    for (let n = Math.max(0, index - levelFrames); n <= index + levelFrames && n < passages.length; n++) {
      wanted += passages[n]!.wanted
      got += passages[n]!.given
    }
    return got > 0 ? Math.min(mostGain, Math.max(1 / mostGain, Math.sqrt(wanted / got))) : 1
  }

  /** Gives the samples between frames whose levels are known. */
  const emit = (ended: boolean): PcmBlock => {
    const total = mix.end()
    const known = firstPassage + passages.length - 1 - (ended ? 0 : levelFrames)
    const end = ended ? total : Math.max(given, placeOf(known))
    const out = recording.map(() => new Float32Array(end - given))
    const gains = new Map<number, number>()
    const gainOf = (index: number) => {
      const value = gains.get(index) ?? gainAt(index)
      gains.set(index, value)
      return value
    }
    for (let place = given; place < end; place++) {
      const at = place / sampleRateHz / pitchHopSeconds
      const low = Math.min(Math.floor(at), firstPassage + passages.length - 1) - firstPassage
      const high = Math.min(low + 1, passages.length - 1)
      const share = at - Math.floor(at)
      const [from, to] = [passages[low]!, passages[high]!]
      const voiced = (from.voiced ? 1 - share : 0) + (to.voiced ? share : 0)
      const sound = voiced > 0 ? voice.at(place) * (gainOf(low) + share * (gainOf(high) - gainOf(low))) : 0
      for (const [channel, samples] of out.entries()) {
        const own = recording[channel]!.at(place)
        const level = from.shares[channel]! + share * (to.shares[channel]! - from.shares[channel]!)
        samples[place - given] = own + voiced * (sound * level - own)
      }
    }
    given = end
    forget()
    return { channels: out }
  }

  const forget = () => {
    const oldest = Math.floor(given / sampleRateHz / pitchHopSeconds) - levelFrames - 1
    const dropped = Math.min(Math.max(0, oldest - firstPassage), passages.length)
    passages.splice(0, dropped)
    firstPassage += dropped
    const place = Math.min(given, placeOf(frame) - reach)
    for (const history of [...recording, mix, voice]) history.forgetBefore(place)
  }

  return {
    push(block) {
      const mixed = mixDown(block)
      block.channels.forEach((samples, channel) => recording[channel]!.append(samples))
      mix.append(mixed)
      synthesise(analyser.push(mixed))
      measure(false)
      return passages.length > levelFrames
        ? emit(false)
        : { channels: recording.map(() => new Float32Array(0)) }
    },
    finish() {
      synthesise(analyser.finish())
      voice.append(synthesiser.finish(mix.end()))
      measure(true)
      return emit(true)
    },
  }
}

function power({ envelope }: WorldFrame): number {
  let sum = 1e-30
  for (const value of envelope) sum += value
  return sum
}

function energy(history: SampleHistory, centre: number, reach: number): number {
  return product(history, history, centre, reach)
}

function product(a: SampleHistory, b: SampleHistory, centre: number, reach: number): number {
  let sum = 0
  for (let place = centre - reach; place < centre + reach; place++) sum += a.at(place) * b.at(place)
  return sum
}
