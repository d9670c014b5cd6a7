import type { Edit, EditAction } from '../../audio/edit-list'
import { AppError } from '../../platform/errors'
import { findRedactions } from '../../transcript/redact'
import { findFillers, findKeywords, findSpeakers, type TranscriptHit } from '../../transcript/search'
import { joinWords, type Transcript, type TranscriptWord } from '../../transcript/transcript'
import type { ModelActions } from './actions'
import type { VoiceEditorParameters } from './index'
import { findPauses, pauseCuts } from './pauses'
import type { RecordingProfile } from './recording-profile'

export type HitKind = 'range' | 'keyword' | 'filler' | 'speaker' | 'redaction' | 'pause'

/** Something that is to be edited, which a person may switch off. */
export interface Hit {
  /** The same for the same stretch of the same recording, whatever else is looked for. */
  id: string
  kind: HitKind
  /** As found, in seconds; the edit of a word is wider by its padding. */
  start: number
  end: number
  text: string
  /** What was looked for: the keyword, filler, speaker or kind of redaction; null for ranges and pauses. */
  sought: string | null
  action: EditAction
  confidence: number
  /** False where `exclude` names it. */
  enabled: boolean
  edit: Edit
}

export interface HitSources {
  parameters: VoiceEditorParameters
  actions: ModelActions
  profile: RecordingProfile
  /** Null where nothing has to be looked for in words. */
  transcript: Transcript | null
}

interface Sources extends HitSources {
  /** Of the whole transcript. */
  words: readonly TranscriptWord[]
}

type Found = Omit<Hit, 'id' | 'enabled'>

/** A client that rounds the length of a recording means its end. */
const endToleranceSeconds = 0.1

/**
 * @throws AppError `invalid_parameter` that names the range which lies outside of the recording.
 */
export function assertRangesWithin(ranges: VoiceEditorParameters['ranges'], durationSeconds: number): void {
  const outside = ranges.findIndex(({ end }) => end > durationSeconds + endToleranceSeconds)
  if (outside < 0) return
  const { start, end } = ranges[outside]!
  throw new AppError('invalid_parameter', {
    message: `ranges.${outside}: ${start}–${end} s is not within the recording, which is ${durationSeconds.toFixed(3)} s long.`,
    details: { range: outside, duration: durationSeconds },
  })
}

/** Everything that the parameters ask for, in order of time. @throws AppError `invalid_parameter`. */
export function collectHits(given: HitSources): Hit[] {
  const { parameters, transcript } = given
  const sources = { ...given, words: transcript?.segments.flatMap((segment) => segment.words) ?? [] }
  const { keywords, fillers, speakers, match } = parameters
  const found: Found[] = [...rangeHits(sources), ...pauseHits(sources)]
  if (transcript) {
    const add = (kind: HitKind, hits: TranscriptHit[]) =>
      found.push(...hits.map((hit) => wordHit(sources, kind, hit)))
    add('keyword', findKeywords(transcript, keywords, { match }))
    if (fillers !== false) add('filler', findFillers(transcript, fillers === true ? undefined : fillers))
    if (speakers.length > 0) add('speaker', findSpeakers(transcript, speakers))
    add('redaction', redactionHits(transcript, parameters.redact))
  }
  const hits = identified(found.sort((a, b) => a.start - b.start || a.end - b.end))
  return excluded(
    hits.filter(({ edit }) => edit.endFrame > edit.startFrame),
    parameters.exclude,
  )
}

function rangeHits({ parameters, actions, profile, transcript, words }: Sources): Found[] {
  return parameters.ranges.map(({ start, end, action }) => ({
    ...{ kind: 'range' as const, start, end, sought: null, confidence: 1 },
    text: textBetween(words, start, end, transcript?.language ?? null),
    ...editing({ start, end }, action ? actions.allow(action) : actionOf(parameters, actions), true, profile),
  }))
}

function pauseHits({ parameters, actions, profile, words }: Sources): Found[] {
  const { max_pause: keepSeconds } = parameters
  if (keepSeconds === 0) return []
  const action = actions.allow('cut')
  return pauseCuts(findPauses(profile, keepSeconds, words), keepSeconds).map((span) => ({
    ...{ kind: 'pause' as const, ...span, text: '', sought: null, confidence: 1 },
    ...editing(span, action, true, profile),
  }))
}

function wordHit({ parameters, actions, profile, words }: Sources, kind: HitKind, hit: TranscriptHit): Found {
  const action = actionOf(parameters, actions)
  const padding = parameters.padding_ms / 1000
  const wide = { start: hit.start - padding, end: hit.end + padding }
  // A mute may shave a neighbour where the times are not exact; a cut would take its sound away for good.
  const span = action === 'cut' ? withinNeighbours(wide, hit, words) : wide
  return { ...hit, kind, ...editing(span, action, false, profile) }
}

/** Widened to the words before and after the hit at most. */
function withinNeighbours(
  wide: { start: number; end: number },
  hit: { start: number; end: number },
  words: readonly TranscriptWord[],
): { start: number; end: number } {
  let { start, end } = wide
  for (const word of words) {
    const middle = (word.start + word.end) / 2
    if (middle < hit.start) start = Math.max(start, Math.min(hit.start, word.end))
    if (middle > hit.end) end = Math.min(end, Math.max(hit.end, word.start))
  }
  return { start, end }
}

function redactionHits(transcript: Transcript, kinds: VoiceEditorParameters['redact']): TranscriptHit[] {
  if (kinds.length === 0) return []
  return findRedactions(transcript, kinds).map(({ kind, segment, first, last }) => {
    const words = transcript.segments[segment]!.words.slice(first, last + 1)
    return {
      start: words[0]!.start,
      end: words.at(-1)!.end,
      text: joinWords(
        words.map(({ text }) => text),
        transcript.language,
      ),
      sought: kind,
      confidence: Math.min(...words.map(({ confidence }) => confidence)),
    }
  })
}

function actionOf({ action }: VoiceEditorParameters, actions: ModelActions): EditAction {
  return action === 'auto' ? actions.byDefault : actions.allow(action)
}

function editing(
  { start, end }: { start: number; end: number },
  action: EditAction,
  exact: boolean,
  { sampleRateHz, frames }: RecordingProfile,
): Pick<Hit, 'action' | 'edit'> {
  const frameOf = (seconds: number) => Math.max(0, Math.min(frames, Math.round(seconds * sampleRateHz)))
  return { action, edit: { startFrame: frameOf(start), endFrame: frameOf(end), action, exact } }
}

/** Several hits of one kind over the same stretch are numbered. */
function identified(found: Found[]): Hit[] {
  const taken = new Map<string, number>()
  return found.map((hit) => {
    const stretch = `${hit.kind}-${Math.round(hit.start * 1000)}-${Math.round(hit.end * 1000)}`
    const count = (taken.get(stretch) ?? 0) + 1
    taken.set(stretch, count)
    return { id: count === 1 ? stretch : `${stretch}-${count}`, enabled: true, ...hit }
  })
}

function excluded(hits: Hit[], exclude: readonly string[]): Hit[] {
  const unknown = exclude.find((id) => hits.every((hit) => hit.id !== id))
  if (unknown !== undefined) {
    throw new AppError('invalid_parameter', {
      message: `exclude: there is no hit “${unknown}”. Make a dry run with these parameters and take the ids from it.`,
    })
  }
  const off = new Set(exclude)
  return hits.map((hit) => ({ ...hit, enabled: !off.has(hit.id) }))
}

function textBetween(
  words: readonly TranscriptWord[],
  start: number,
  end: number,
  language: string | null,
): string {
  const inside = words.filter((word) => {
    const middle = (word.start + word.end) / 2
    return middle >= start && middle < end
  })
  return joinWords(
    inside.map(({ text }) => text),
    language,
  )
}
