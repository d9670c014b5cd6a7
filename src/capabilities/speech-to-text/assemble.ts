import type { Manifest } from '../../inference/manifest'
import { redactTranscript, type RedactionKind } from '../../transcript/redact'
import { segmentsOf, textOf, type PlacedWord } from '../../transcript/segments'
import type { Transcript, TranscriptSpeaker } from '../../transcript/transcript'
import { assignSpeakers, type SpeakerTurn } from './diarizer'
import type { Heard, HeardWord } from './transcribe'

export interface AssembleOptions {
  heard: Heard
  /** Null where speakers are not told apart. */
  turns: readonly SpeakerTurn[] | null
  seconds: number
  model: Pick<Manifest, 'id' | 'version'>
  redact: readonly RedactionKind[]
}

/** From words to the transcript that is stored: speakers, segments, masks. */
export function assembleTranscript(options: AssembleOptions): Transcript {
  const { heard, turns, seconds, model, redact } = options
  const { language } = heard
  const words = withSpeakers(heard.words, turns)
  const segments = segmentsOf(words, language)
  const transcript: Transcript = {
    language,
    duration: Math.round(seconds * 1000) / 1000,
    text: textOf(segments, language),
    segments,
    speakers: speakersOf(words),
    model: { id: model.id, version: model.version },
  }
  return redact.length > 0 ? redactTranscript(transcript, redact) : transcript
}

function withSpeakers(words: readonly HeardWord[], turns: readonly SpeakerTurn[] | null): PlacedWord[] {
  const speakers = turns ? assignSpeakers(words, turns) : null
  return words.map((word, index) => {
    const number = speakers?.[index] ?? null
    return { ...word, speaker: number === null ? null : `speaker_${number + 1}` }
  })
}

/** In the order of their first words. */
function speakersOf(words: readonly PlacedWord[]): TranscriptSpeaker[] {
  const ids = [...new Set(words.map(({ speaker }) => speaker))].filter((id) => id !== null)
  return ids.map((id) => ({ id, name: `Speaker ${id.slice('speaker_'.length)}` }))
}
