import { captionsOf, type Caption, type CaptionLayout } from './captions'
import type { Transcript } from './transcript'

/** Plain text: a paragraph for every turn of a speaker, named where there are several; otherwise one for each segment. */
export function renderText(transcript: Transcript, layout: CaptionLayout | null = null): string {
  const paragraphs = turnsOf(transcript).map(({ speaker, text }) => (speaker ? `${speaker}: ${text}` : text))
  const wrapped = layout
    ? paragraphs.map((paragraph) => wrapText(paragraph, layout.maxLineLength))
    : paragraphs
  return wrapped.length === 0 ? '' : `${wrapped.join(transcript.speakers.length > 1 ? '\n\n' : '\n')}\n`
}

/** SubRip, as players read it. */
export function renderSrt(transcript: Transcript, layout?: CaptionLayout): string {
  return withSpeakerChanges(captionsOf(transcript, layout))
    .map(
      ({ caption, named }, index) =>
        `${index + 1}\n${clock(caption.start, ',')} --> ${clock(caption.end, ',')}\n${named(caption.lines).join('\n')}\n`,
    )
    .join('\n')
}

/** WebVTT (W3C), with a voice span for every speaker. */
export function renderVtt(transcript: Transcript, layout?: CaptionLayout): string {
  const cues = captionsOf(transcript, layout).map(({ start, end, lines, speaker }) => {
    const text = lines.map(escapeVtt).join('\n')
    const voiced = speaker ? `<v ${escapeVtt(speaker).replaceAll('&gt;', '')}>${text}` : text
    return `${clock(start, '.')} --> ${clock(end, '.')}\n${voiced}\n`
  })
  return ['WEBVTT\n', ...cues].join('\n')
}

/** Tab-separated values in the columns of openai/whisper: milliseconds and text. */
export function renderTsv(transcript: Transcript): string {
  const rows = transcript.segments.map(({ start, end, text }) =>
    [Math.round(start * 1000), Math.round(end * 1000), text.replaceAll(/\s+/g, ' ')].join('\t'),
  )
  return ['start\tend\ttext', ...rows, ''].join('\n')
}

export interface Turn {
  /** Name; null where nobody was told apart. */
  speaker: string | null
  start: number
  text: string
}

/** Neighbouring segments of one speaker as one turn; without speakers, segments stay as they are. */
export function turnsOf(transcript: Transcript): Turn[] {
  const names = new Map(transcript.speakers.map(({ id, name }) => [id, name]))
  const turns: Turn[] = []
  for (const { speaker: id, start, text } of transcript.segments) {
    const speaker = id === null ? null : (names.get(id) ?? id)
    const last = turns.at(-1)
    if (last && speaker !== null && last.speaker === speaker) last.text += ` ${text}`
    else turns.push({ speaker, start, text })
  }
  return turns
}

/** `1:02:03` or `2:03`, for people. */
export function shortClock(seconds: number): string {
  const whole = Math.floor(seconds)
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

function withSpeakerChanges(captions: Caption[]) {
  return captions.map((caption, index) => {
    const changes = caption.speaker !== null && caption.speaker !== captions[index - 1]?.speaker
    const named = ([first, ...rest]: string[]) =>
      changes ? [`${caption.speaker}: ${first}`, ...rest] : [first ?? '', ...rest]
    return { caption, named }
  })
}

function clock(seconds: number, decimalMark: ',' | '.'): string {
  const milliseconds = Math.round(seconds * 1000)
  const part = (divisor: number, modulus: number, digits: number) =>
    String(Math.floor(milliseconds / divisor) % modulus).padStart(digits, '0')
  const hours = String(Math.floor(milliseconds / 3_600_000)).padStart(2, '0')
  return `${hours}:${part(60_000, 60, 2)}:${part(1000, 60, 2)}${decimalMark}${part(1, 1000, 3)}`
}

function escapeVtt(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function wrapText(text: string, maxLength: number): string {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= maxLength)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.join('\n')
}
