import { rm } from 'node:fs/promises'

import { AppError } from '../platform/errors'
import type { EncodeOutput } from './encode'
import type { Ffmpeg } from './ffmpeg'
import type { FfmpegBinaries } from './ffmpeg-binaries'
import {
  canceledError,
  createCommand,
  exitError,
  fileArgument,
  inputGuard,
  startFfmpeg,
} from './ffmpeg-process'
import { createLeveller } from './levelling'
import { sniffMediaType } from './media-type'
import { frameCount } from './pcm'

/** Integrated loudness that is asked for, by what the sound is for (EBU R 128; AES TD1008; ACX for audiobooks). */
export const loudnessTargetsLufs = {
  streaming: -14,
  podcast: -16,
  audiobook: -18,
  broadcast: -23,
} as const

export type LoudnessTarget = keyof typeof loudnessTargetsLufs
export const loudnessTargets = Object.keys(loudnessTargetsLufs) as LoudnessTarget[]

export interface MasteringSettings {
  /** Default: as loud as it is. */
  loudness?: LoudnessTarget | undefined
  /** Speech evenly loud, before anything else; see `createLeveller`. Default: as it is. */
  leveled?: boolean | undefined
  /** Cut-off of a second-order Butterworth high-pass, 20–500 Hz. Default: none. */
  highPassHz?: number | undefined
  /** Seconds. Default: 0. */
  fadeInSeconds?: number | undefined
  /** Seconds. Default: 0. */
  fadeOutSeconds?: number | undefined
}

/** As EBU R 128 (ITU-R BS.1770-4, EBU Tech 3342) defines it. */
export interface LoudnessMeasurement {
  /** −70 where nothing is loud enough to be measured. */
  integratedLufs: number
  rangeLu: number
  truePeakDbtp: number
}

/** EBU R 128 allows −1; a tenth is for the rounding of the measurement. */
const allowedDbtp = -1.1
/** What is aimed at: lossy encoders add half a decibel. */
const ceilingDbtp = -1.5
/** Enough oversampling for true peaks within 0.2 dB (ITU-R BS.1770-4, annex 2). */
const limiterOversampling = 4
/** What cannot be measured is not made louder either. */
const silentLufs = -69
const toleranceLu = 0.3
/** Each brings sound that has to be limited hard closer; what is left then cannot be had without distortion. */
const maxCorrections = 3

/** Whether the settings leave the sound as it is. */
export function changesNothing({
  loudness,
  leveled,
  highPassHz,
  fadeInSeconds,
  fadeOutSeconds,
}: MasteringSettings): boolean {
  return !loudness && !leveled && !highPassHz && !fadeInSeconds && !fadeOutSeconds
}

/**
 * Measures a file with ffmpeg's `ebur128`, as it sounds behind filters.
 *
 * @throws AppError `invalid_media`, `engine_failed` or `canceled`.
 */
export async function measureLoudness(
  binaries: FfmpegBinaries,
  path: string,
  filters: readonly string[] = [],
  signal?: AbortSignal,
): Promise<LoudnessMeasurement> {
  const { demuxer } = await sniffMediaType(path)
  const command = createCommand()
    .input(fileArgument(path))
    .inputOptions(...inputGuard(demuxer))
    .output('-')
    .outputOptions(
      ...['-map', '0:a:0', '-vn', '-sn', '-dn', '-f', 'null'],
      ...['-af', [...filters, 'ebur128=peak=true:framelog=verbose'].join(',')],
    )
  const process = startFfmpeg(binaries.ffmpegPath, command, { signal, onLog: () => undefined })
  process.stdin.end()
  process.stdout.resume()
  const exit = await process.exit
  if (signal?.aborted) throw canceledError(signal)
  const error = exitError(exit, 'Measuring the loudness')
  if (error) throw error
  return readSummary(exit.stderr)
}

/**
 * Converts a file, mastered on the way: loudness is measured first and set by one gain then, never by a changing one.
 *
 * @param sound Of the file that is converted.
 * @throws AppError `invalid_media`, `disk_full`, `engine_failed` or `canceled`; nothing is left behind.
 */
export async function masterFile(
  ffmpeg: Pick<Ffmpeg, 'convert' | 'measureLoudness' | 'decode' | 'encode'>,
  path: string,
  output: EncodeOutput,
  settings: MasteringSettings,
  sound: { sampleRateHz: number; durationSeconds: number },
): Promise<void> {
  if (settings.leveled) return masterLeveled(ffmpeg, path, output, settings, sound)
  const { loudness, highPassHz } = settings
  const clean = highPassHz ? [`highpass=f=${highPassHz}:p=2`] : []
  const leveled = loudness ? await levelTo(loudness, ffmpeg, path, clean, sound.sampleRateHz) : clean
  await ffmpeg.convert(path, { ...output, filters: [...leveled, ...fades(settings, sound.durationSeconds)] })
}

/** Levels into a file beside the output first, and goes on from that. */
async function masterLeveled(...[ffmpeg, path, output, settings, sound]: Parameters<typeof masterFile>) {
  const leveled = `${output.path}.leveled.flac`
  try {
    await levelFile(ffmpeg, path, leveled)
    await masterFile(ffmpeg, leveled, output, { ...settings, leveled: false }, sound)
  } finally {
    await rm(leveled, { force: true })
  }
}

async function levelFile(
  ffmpeg: Pick<Ffmpeg, 'measureLoudness' | 'decode' | 'encode'>,
  path: string,
  leveled: string,
): Promise<void> {
  const { integratedLufs } = await ffmpeg.measureLoudness(path)
  const decoded = await ffmpeg.decode(path, { maxSeconds: Infinity })
  const { sampleRateHz, channels } = decoded
  const sink = ffmpeg.encode({ outputs: [{ path: leveled, format: 'flac' }] })
  try {
    const leveller = createLeveller(sampleRateHz, channels, integratedLufs)
    sink.begin(sampleRateHz, channels)
    for await (const block of decoded.blocks) {
      const done = leveller.push(block)
      if (frameCount(done) > 0) await sink.write(done)
    }
    for (const block of leveller.finish()) await sink.write(block)
    await sink.finish()
  } catch (error) {
    await Promise.all([decoded.stop(), sink.abort()])
    throw error
  }
}

/**
 * Filters that bring a file to a loudness: a gain, and where it lifts true peaks too high a limiter. What the limiter
 * takes away, and what going back to the sample rate adds to peaks, is measured and made up for.
 */
async function levelTo(
  target: LoudnessTarget,
  ffmpeg: Pick<Ffmpeg, 'measureLoudness'>,
  path: string,
  clean: readonly string[],
  sampleRateHz: number,
): Promise<readonly string[]> {
  const wantedLufs = loudnessTargetsLufs[target]
  const plain = await ffmpeg.measureLoudness(path, clean)
  if (plain.integratedLufs <= silentLufs) return clean
  let gainDb = wantedLufs - plain.integratedLufs
  if (plain.truePeakDbtp + gainDb <= ceilingDbtp) return [...clean, volume(gainDb)]
  let limitDb = ceilingDbtp
  for (let round = 0; ; round++) {
    const limited = [...clean, volume(gainDb), ...limiter(limitDb, sampleRateHz)]
    if (round === maxCorrections) return limited
    const { integratedLufs, truePeakDbtp } = await ffmpeg.measureLoudness(path, limited)
    const missingLu = wantedLufs - integratedLufs
    const excessDb = Math.max(0, truePeakDbtp - allowedDbtp)
    if (Math.abs(missingLu) <= toleranceLu && excessDb === 0) return limited
    gainDb += missingLu
    limitDb -= excessDb
  }
}

const volume = (gainDb: number) => `volume=${gainDb.toFixed(2)}dB:precision=float`

/** At a multiple of the rate, where samples show the true peaks. */
function limiter(limitDb: number, sampleRateHz: number): string[] {
  const limit = 10 ** (limitDb / 20)
  return [
    `aresample=${sampleRateHz * limiterOversampling}`,
    `alimiter=limit=${limit.toFixed(4)}:attack=5:release=50:level=disabled`,
    `aresample=${sampleRateHz}`,
  ]
}

function fades(
  { fadeInSeconds = 0, fadeOutSeconds = 0 }: MasteringSettings,
  durationSeconds: number,
): string[] {
  const fadeIn = `afade=t=in:d=${Math.min(fadeInSeconds, durationSeconds)}`
  const fadeOut = `afade=t=out:st=${Math.max(0, durationSeconds - fadeOutSeconds)}:d=${fadeOutSeconds}`
  return [...(fadeInSeconds > 0 ? [fadeIn] : []), ...(fadeOutSeconds > 0 ? [fadeOut] : [])]
}

/** The last lines that `ebur128` writes. */
function readSummary(log: string): LoudnessMeasurement {
  const summary = log.slice(log.lastIndexOf('Summary:'))
  const value = (name: string) => {
    const [, text] = new RegExp(`${name}:\\s+(-?(?:[\\d.]+|inf|nan))`).exec(summary) ?? []
    return text === undefined ? null : Number(text.replace('inf', 'Infinity'))
  }
  const integratedLufs = value('I')
  if (integratedLufs === null)
    throw new AppError('engine_failed', { message: 'The loudness was not measured.' })
  return {
    integratedLufs: Math.max(-70, Number.isNaN(integratedLufs) ? -70 : integratedLufs),
    rangeLu: value('LRA') ?? 0,
    truePeakDbtp: value('Peak') ?? -Infinity,
  }
}
