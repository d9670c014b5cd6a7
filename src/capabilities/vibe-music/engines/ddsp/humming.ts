import { createWaveformCollector } from '../../../../audio/waveform'
import type { HandlerContext } from '../../../capability'
import type { ClipTask } from '../../music-maker'
import type { SoloInstrument } from '../../solo-instruments'
import { sampleRateHz } from '../../write-music'
import { giveTo, listenToTune, type HummedTune } from './listen'
import type { InstrumentTraits, Melody } from './melody'
import type { DdspModelTraits } from './network'
import type { Score } from './score'
import { bandFor } from './tune-band'

/** Between the last note of a tune and its first again. */
const pauseSeconds = 0.25
/** What is cut off in the middle dies away within this. */
const cutSeconds = 0.6

/** A hummed or whistled recording: its tune for the instrument. */
export async function readHumming(
  task: ClipTask,
  path: string,
  { ffmpeg, signal }: HandlerContext,
  {
    instrument,
    traits,
    model,
  }: { instrument: SoloInstrument; traits: InstrumentTraits; model: DdspModelTraits },
): Promise<Score> {
  const { samples, waveform } = await readMono(path, task.maxInputSeconds, model.sampleRateHz, {
    ffmpeg,
    signal,
  })
  const tune = listenToTune(samples, model)
  const { melody, octaves } = giveTo(tune, traits, model)
  const { duration_seconds, mood, loop, accompaniment } = task.parameters
  const framesPerSecond = model.sampleRateHz / model.hopSamples
  const pause = Math.round(pauseSeconds * framesPerSecond)
  const own = melody.pitchHz.length + pause
  const seconds = duration_seconds ?? own / framesPerSecond
  const frames = Math.round(seconds * sampleRateHz)
  const band =
    accompaniment === 'band'
      ? bandFor(tune, {
          ...{ frames, loop, solo: instrument, frameSeconds: 1 / framesPerSecond },
          periodSeconds: own / framesPerSecond,
        })
      : null
  const inTune = { ...melody, pitchHz: melody.pitchHz.map((hz) => hz * (band?.tuningRatio ?? 1)) }
  const laid = laidOut(inTune, {
    pause,
    frames: Math.ceil(seconds * framesPerSecond),
    floorDb: model.floorDb,
  })
  const cut = laid.pitchHz.length < own
  return {
    melody: laid,
    band: band?.mix ?? null,
    ...{ frames, loop },
    fadeOutFrames: loop && !cut ? 0 : Math.round(Math.min(cutSeconds, 0.1 * seconds) * sampleRateHz),
    recording: { seconds: samples.length / model.sampleRateHz, waveform },
    details: {
      moods: mood === null ? [] : [mood],
      tune: describe(tune, octaves),
      ...(band && { key: band.key, chords: band.chords }),
      loop,
      warnings: cut
        ? [`The tune lasts ${tune.toSeconds.toFixed(1)} s; the clip has its first ${seconds.toFixed(1)} s.`]
        : [],
    },
  }
}

/** The tune from its first note on, again and again until the time is full. */
function laidOut(
  { pitchHz, loudnessDb }: Melody,
  { pause, frames, floorDb }: { pause: number; frames: number; floorDb: number },
): Melody {
  const period = pitchHz.length + pause
  return {
    pitchHz: Float32Array.from(
      { length: frames },
      (_, frame) => pitchHz[Math.min(frame % period, pitchHz.length - 1)]!,
    ),
    loudnessDb: Float32Array.from({ length: frames }, (_, frame) => loudnessDb[frame % period] ?? floorDb),
  }
}

function describe({ fromSeconds, toSeconds, pitchHz, sounding }: HummedTune, octaves: number) {
  const pitches = pitchHz.filter((_, frame) => sounding[frame] === 1).sort()
  const rounded = (value: number) => Math.round(value * 100) / 100
  return {
    ...{ from_seconds: rounded(fromSeconds), to_seconds: rounded(toSeconds), octaves_up: octaves },
    lowest_hz: rounded(pitches[Math.floor(0.02 * pitches.length)]!),
    highest_hz: rounded(pitches[Math.ceil(0.98 * pitches.length) - 1]!),
  }
}

async function readMono(
  path: string,
  maxSeconds: number,
  rateHz: number,
  { ffmpeg, signal }: Pick<HandlerContext, 'ffmpeg' | 'signal'>,
): Promise<{ samples: Float32Array; waveform: number[] }> {
  const decoded = await ffmpeg.decode(path, { maxSeconds, sampleRateHz: rateHz, channels: 1, signal })
  const collector = createWaveformCollector()
  const parts: Float32Array[] = []
  for await (const block of decoded.blocks) {
    collector.add(block)
    parts.push(block.channels[0]!)
  }
  const samples = new Float32Array(decoded.framesDecoded())
  let at = 0
  for (const part of parts) {
    samples.set(part, at)
    at += part.length
  }
  return { samples, waveform: collector.peaks() }
}
