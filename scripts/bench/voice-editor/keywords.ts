import type { Ffmpeg } from '../../../src/audio/ffmpeg'
import type { Transcript } from '../../../src/transcript/transcript'
import type { Clip, Occurrence } from './clips'
import type { Product } from './product'

/** Every word of the set with at least five letters, which is what people look for, and two short ones. */
export function keywordsOf(clips: readonly Clip[]): string[] {
  const words = clips.flatMap((clip) => clip.words.map(({ word }) => word))
  return [...new Set(words.filter((word) => word.length >= 5 || word === 'cold' || word === 'book'))].sort()
}

export interface KeywordRow {
  foundBy: string
  occurrences: number
  recall: number
  precision: number
  /** Of the starts and ends of the hits that are right, in milliseconds. */
  medianErrorMs: number
  p95ErrorMs: number
  /** Loudest sample of any word that was found, in the muted recording. */
  worstPeakDb: number
  /** Of the keywords that were found, those that the judge hears where they were said: before muting, and after. */
  recognisedBefore: number
  recognisedAfter: number
}

interface Tally {
  occurrences: number
  hits: number
  found: number
  errorsMs: number[]
  peaksDb: number[]
  before: number
  after: number
}

/** Who finds the words: a transcript made elsewhere, or a recogniser of the product by its id. */
export interface Finder {
  name: string
  how: (clip: Clip) => Promise<Record<string, unknown>>
}

/** Mutes all keywords in all clips, and looks at what has become of them. @param listen The judge. */
export async function measureKeywords(
  product: Product,
  clips: readonly Clip[],
  finder: Finder,
  listen: (path: string) => Promise<Transcript>,
): Promise<KeywordRow> {
  const keywords = keywordsOf(clips)
  const tally: Tally = { occurrences: 0, hits: 0, found: 0, errorsMs: [], peaksDb: [], before: 0, after: 0 }
  for (const clip of clips) await muteClip(product, clip, keywords, { finder, listen, tally })
  const errors = tally.errorsMs.sort((a, b) => a - b)
  const at = (share: number) => errors[Math.min(errors.length - 1, Math.floor(share * errors.length))] ?? NaN
  return {
    foundBy: finder.name,
    occurrences: tally.occurrences,
    recall: tally.found / tally.occurrences,
    precision: tally.found / tally.hits,
    medianErrorMs: at(0.5),
    p95ErrorMs: at(0.95),
    worstPeakDb: Math.max(...tally.peaksDb),
    recognisedBefore: tally.before,
    recognisedAfter: tally.after,
  }
}

async function muteClip(
  product: Product,
  clip: Clip,
  keywords: readonly string[],
  { finder, listen, tally }: { finder: Finder; listen: (path: string) => Promise<Transcript>; tally: Tally },
): Promise<void> {
  const wanted = clip.words.filter(({ word }) => keywords.includes(word))
  const result = await product.edit(clip.path, 'mute1', {
    keywords,
    match: 'exact',
    ...(await finder.how(clip)),
  })
  const hits = result.details!.hits as { text: string; start: number; end: number }[]
  const samples = await decodeMono(product.ffmpeg, result.output.path)
  tally.occurrences += wanted.length
  tally.hits += hits.length
  const muted: Occurrence[] = []
  for (const occurrence of wanted) {
    const hit = hits.find(
      (candidate) => sameWord(candidate.text, occurrence) && overlaps(candidate, occurrence),
    )
    if (!hit) continue
    tally.found += 1
    muted.push(occurrence)
    tally.errorsMs.push(
      1000 * Math.abs(hit.start - occurrence.start),
      1000 * Math.abs(hit.end - occurrence.end),
    )
    tally.peaksDb.push(peakDb(samples, occurrence, result.output.audio!.sampleRateHz))
  }
  const count = (transcript: Transcript) => {
    const heard = transcript.segments.flatMap(({ words }) => words)
    return muted.filter((word) => heard.some((other) => sameWord(other.text, word) && overlaps(other, word)))
      .length
  }
  tally.before += count(await listen(clip.path))
  tally.after += count(await listen(result.output.path))
}

function sameWord(text: string, { word }: Occurrence): boolean {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '') === word
}

/** By half of the true word or more. */
function overlaps(a: { start: number; end: number }, b: Occurrence): boolean {
  return Math.min(a.end, b.end) - Math.max(a.start, b.start) >= (b.end - b.start) / 2
}

async function decodeMono(ffmpeg: Ffmpeg, path: string): Promise<Float32Array> {
  const decoded = await ffmpeg.decode(path, { channels: 1, maxSeconds: 3600 })
  const parts: number[] = []
  for await (const { channels } of decoded.blocks) parts.push(...channels[0]!)
  return Float32Array.from(parts)
}

/** Of the middle of a word: its first and last tenth belong to its neighbours as much as to it. */
function peakDb(samples: Float32Array, { start, end }: Occurrence, rateHz: number): number {
  const edge = 0.1 * (end - start)
  const inside = samples.subarray(Math.ceil((start + edge) * rateHz), Math.floor((end - edge) * rateHz))
  return 20 * Math.log10(inside.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 1e-9))
}
