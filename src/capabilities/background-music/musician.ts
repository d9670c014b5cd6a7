import type { PcmBlock } from '../../audio/pcm'
import type { Engine } from '../../inference/engine'
import type { BackgroundMusicParameters } from './index'

export interface MusicRequest {
  /** Description, as it was given; may be empty. */
  text: string
  parameters: BackgroundMusicParameters
  /** Of every random choice. */
  seed: number
}

/** Sound that is made while it is read: stereo blocks of at most a few seconds. @param progress 0–1 within it. */
export type PlannedSound = (progress: (fraction: number) => void) => AsyncIterable<PcmBlock>

/** What an engine has made of a description, before it plays. */
export interface MusicPlan {
  sampleRateHz: number
  /** Of the whole: every sound holds exactly so many. */
  frames: number
  /** Whether the end runs into the beginning; else the ends are faded. */
  loop: boolean
  /** At any loudness: it is brought to the target, faded and limited afterwards. */
  play: PlannedSound
  /** Parts of their own that add up to the whole; none where the engine knows none or none are asked for. */
  stems: { name: string; play: PlannedSound }[]
  /** The notes as a MIDI file; null where there are none or they are not asked for. */
  notes: Uint8Array | null
  /** For the user, in snake_case; `moods` gives pictures their colours. */
  understood: Record<string, unknown> & { moods: string[] }
  /** For the user: what could not be kept to, and what was taken instead. */
  warnings: string[]
}

export type MusicEngine = Engine<MusicRequest, MusicPlan>
