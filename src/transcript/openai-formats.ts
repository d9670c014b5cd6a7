import type { Transcript } from './transcript'

/** OpenAI's `verbose_json` of a transcription. */
export function toVerboseJson(transcript: Transcript) {
  return {
    task: 'transcribe' as const,
    language: languageName(transcript.language),
    duration: transcript.duration,
    text: transcript.text,
    words: transcript.segments.flatMap(({ words }) =>
      words.map(({ text, start, end }) => ({ word: text, start, end })),
    ),
    segments: transcript.segments.map(({ start, end, text, decoding }, id) => ({
      id,
      seek: 0,
      start,
      end,
      text,
      tokens: [] as number[],
      temperature: decoding?.temperature ?? 0,
      avg_logprob: decoding?.avg_logprob ?? 0,
      compression_ratio: decoding?.compression_ratio ?? 1,
      no_speech_prob: decoding?.no_speech_prob ?? 0,
    })),
    usage: { type: 'duration' as const, seconds: Math.ceil(transcript.duration) },
  }
}

/** OpenAI's `diarized_json`. Where nobody was told apart, everything is said by “A”. */
export function toDiarizedJson(transcript: Transcript) {
  const names = new Map(transcript.speakers.map(({ id, name }) => [id, name]))
  return {
    task: 'transcribe' as const,
    duration: transcript.duration,
    text: transcript.text,
    segments: transcript.segments.map(({ start, end, text, speaker }, index) => ({
      id: `seg_${String(index).padStart(3, '0')}`,
      type: 'transcript.text.segment' as const,
      start,
      end,
      speaker: speaker === null ? 'A' : (names.get(speaker) ?? speaker),
      text,
    })),
    usage: { type: 'duration' as const, seconds: Math.ceil(transcript.duration) },
  }
}

/** The English name in lower case, as OpenAI writes it: `english`. */
function languageName(tag: string | null): string {
  if (tag === null) return 'unknown'
  return new Intl.DisplayNames(['en'], { type: 'language' }).of(tag)?.toLowerCase() ?? tag
}
