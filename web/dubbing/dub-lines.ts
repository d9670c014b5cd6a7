import type { JobOutput, JobView } from '~/api/types'
import { ownAddress } from '~/api/own-address'
import type { Settings } from '~/components/settings-form'

/** A segment of a dub, as the API gives and takes it. Times in seconds. */
export interface DubLine {
  start: number
  end: number
  /** What is to be said. */
  text: string
  /** What is said there. */
  source_text: string
  speaker: string | null
  approved: boolean
}

/** What somebody has changed of a line. */
export type LineEdit = Partial<Pick<DubLine, 'text' | 'approved'>>
/** By the place of the line in the list. */
export type LineEdits = Readonly<Record<number, LineEdit>>

export interface Dub {
  /** The first of them where there are very many. */
  lines: readonly DubLine[]
  count: number
  /** Where all of them are. */
  listUrl: string | null
  /** Nothing was spoken yet: the text is to be checked first. */
  review: boolean
  /** Why that is. */
  message: string | null
  warnings: readonly { segment: number | null; message: string }[]
  /** How many lines were taken from the dub before. */
  reused: number
  sourceLanguage: string | null
}

/** The text of a dub: as its job gave it, or as it was given to a job that failed. Null where there is none. */
export function dubOf(job: JobView): Dub | null {
  if (job.capability !== 'dubbing') return null
  const { segments, ...details } = job.output?.details ?? { segments: job.parameters.segments }
  const lines = readLines(segments)
  if (lines.length === 0) return null
  return {
    lines,
    count: typeof details.segment_count === 'number' ? details.segment_count : lines.length,
    listUrl: job.output ? listUrlOf(job.output) : null,
    review: details.review === true || !job.output,
    message: typeof details.message === 'string' ? details.message : null,
    warnings: Array.isArray(details.warnings) ? (details.warnings as Dub['warnings']) : [],
    reused: typeof details.reused_count === 'number' ? details.reused_count : 0,
    sourceLanguage: typeof details.source_language === 'string' ? details.source_language : null,
  }
}

/** Reads segments; what else they have, such as how they were fitted, is left out. */
export function readLines(segments: unknown): DubLine[] {
  if (!Array.isArray(segments)) return []
  return (segments as (Pick<DubLine, 'start' | 'end'> & Partial<DubLine>)[]).map((segment) => ({
    ...{ start: segment.start, end: segment.end, text: segment.text ?? '' },
    ...{ source_text: segment.source_text ?? '', speaker: segment.speaker ?? null },
    approved: segment.approved ?? false,
  }))
}

export function withEdits(lines: readonly DubLine[], edits: LineEdits): DubLine[] {
  return lines.map((line, index) => ({ ...line, ...edits[index] }))
}

/** Whether somebody still has to say what is said there: an approved line without text stays silent. */
export function isOpen({ text, source_text: source, approved }: DubLine): boolean {
  return text.trim() === '' && !approved && (source === '' || /[\p{L}\p{N}]/u.test(source))
}

/** Whether it is heard differently. */
export function isChanged(before: DubLine, after: DubLine): boolean {
  return before.text.trim() !== after.text.trim() || isOpen(before) !== isOpen(after)
}

/** Parameters of the job that renders these lines, and takes from the job before what stayed the same. */
export function parametersOf(job: JobView, dub: Dub, lines: readonly DubLine[]): Record<string, unknown> {
  return {
    ...job.parameters,
    ...(dub.sourceLanguage && { source_language: dub.sourceLanguage }),
    review: false,
    segments: lines,
    ...goingOn(job),
  }
}

/** What a job has to say to take from the dub before what stays the same. */
function goingOn(job: JobView) {
  return { previous_job_id: job.status === 'completed' ? job.job_id : '' }
}

/** Settings of a job that does the work of another one again: a dub goes on from the dub before. */
export function againWith(job: JobView, settings: Settings): Settings {
  if (job.capability !== 'dubbing' || settings.capability !== 'dubbing') return settings
  return { ...settings, parameters: { ...settings.parameters, ...goingOn(job) } }
}

function listUrlOf({ artifacts }: JobOutput): string | null {
  const url = artifacts.find(({ name }) => name === 'segments.json')?.url
  return url ? ownAddress(url) : null
}
