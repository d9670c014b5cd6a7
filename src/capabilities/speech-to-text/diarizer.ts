import type { JobContext, LoadedModel } from '../../inference/engine'
import {
  averageLinkage,
  cosine,
  cutTree,
  findSpeakers,
  joinGroups,
  type EmbeddingGroup,
} from './speaker-clusters'
import type { SpeakerEmbeddingInput, SpeakerEmbeddingOutput } from './speaker-embedding'
import { SPEECH_RATE_HZ } from './speech-regions'
import type { SpeechSpan, SpeechWindow } from './speech-windows'

/** Somebody speaks. Seconds from the recording's beginning. */
export interface SpeakerTurn {
  start: number
  end: number
  /** Numbered from 0 by first appearance. */
  speaker: number
  /** The known speaker's name; null for strangers. */
  name: string | null
}

export interface KnownSpeaker {
  name: string
  /** Of the same model, of unit length. */
  embedding: Float32Array
}

export interface DiarizerOptions {
  model: LoadedModel<SpeakerEmbeddingInput, SpeakerEmbeddingOutput>
  job: JobContext
  /** Null = find out. */
  numSpeakers: number | null
  known?: readonly KnownSpeaker[]
}

/** Tells who speaks when. Memory is bounded but for a few numbers a second of speech. */
export interface Diarizer {
  /** Takes the next window of speech, in order of time. */
  add(window: Pick<SpeechWindow, 'start' | 'samples' | 'regions'>): Promise<void>
  /** Who spoke when, in order of time; turns do not overlap. */
  finish(): SpeakerTurn[]
}

/** Long enough to know a voice by, short enough to hold one. */
const WINDOW_SECONDS = 1.5
const HOP_SECONDS = 0.75
/** Less than this says nothing about a voice: it goes to whoever is nearest in time. */
const SHORTEST_SECONDS = 0.4
/** Groups beyond this are merged down to half of it. */
const MOST_GROUPS = 2000
/** A voice must have been heard in this many windows. */
const LEAST_WINDOWS = 4
/** What a change of speaker costs, in cosine: within speech, and across a pause. */
const CHANGE_COST = 0.25
const CHANGE_COST_AT_PAUSE = 0.05
/** Turns of one speaker with less between them are one turn. */
const JOIN_SECONDS = 0.5

interface Listened {
  /** The stretch that this window decides: from half-way to the one before to half-way to the next one. */
  start: number
  end: number
  group: number
  /** Whether it begins a region of speech. */
  afterPause: boolean
}

/**
 * Embeddings of overlapping windows, clustered by average linkage, then the likeliest sequence of speakers (as in the
 * baseline systems of the DIHARD and VoxConverse challenges).
 */
export function createDiarizer(options: DiarizerOptions): Diarizer {
  const { model, job } = options
  let groups: EmbeddingGroup[] = []
  let sameSpeakerCosine = 0.5
  const listened: Listened[] = []
  const unheard: SpeechSpan[] = []
  /** Windows after a forced cut begin with what was heard already. */
  let heardUntil = 0

  function compress(): void {
    const clusters = cutTree(averageLinkage(groups), groups.length, (_, count) => count > MOST_GROUPS / 2)
    groups = joinGroups(groups, clusters)
    for (const part of listened) part.group = clusters[part.group]!
  }

  async function listen(samples: Float32Array): Promise<number> {
    job.signal.throwIfAborted()
    const found = await model.run({ samples }, job)
    sameSpeakerCosine = found.sameSpeakerCosine
    if (groups.length >= MOST_GROUPS) compress()
    return groups.push({ mean: found.embedding, count: 1 }) - 1
  }

  return {
    async add(window) {
      for (const region of window.regions) {
        const start = Math.max(region.start, heardUntil)
        heardUntil = Math.max(heardUntil, region.end)
        if (region.end - start < SHORTEST_SECONDS) {
          if (region.end > start) unheard.push({ start, end: region.end })
          continue
        }
        for (const part of slidingWindows({ start, end: region.end })) {
          const first = Math.round((part.from - window.start) * SPEECH_RATE_HZ)
          const last = Math.round((part.to - window.start) * SPEECH_RATE_HZ)
          const group = await listen(window.samples.subarray(first, last))
          listened.push({ start: part.start, end: part.end, group, afterPause: part.start === start })
        }
      }
    },
    finish() {
      const speakerOf = findSpeakers(groups, {
        numSpeakers: options.numSpeakers,
        sameSpeakerCosine,
        leastCount: Math.min(LEAST_WINDOWS, Math.ceil(listened.length / 4)),
      })
      const voices = joinGroups(groups, speakerOf)
      const speakers = likeliestSpeakers(listened, groups, voices)
      const parts = listened.map(({ start, end }, index) => ({ start, end, speaker: speakers[index]! }))
      const turns = joinTurns([...parts, ...nearestInTime(unheard, parts)])
      return named(turns, voices, options.known ?? [], sameSpeakerCosine)
    },
  }
}

/** Windows over a region: what each hears, and what each decides. */
function slidingWindows({ start, end }: SpeechSpan) {
  const count = Math.max(1, Math.ceil((end - start - WINDOW_SECONDS) / HOP_SECONDS) + 1)
  // The last window ends with the region.
  const froms = Array.from({ length: count }, (_, index) =>
    Math.max(start, Math.min(start + index * HOP_SECONDS, end - WINDOW_SECONDS)),
  )
  const middles = froms.map((from) => from + Math.min(WINDOW_SECONDS, end - start) / 2)
  return froms.map((from, index) => ({
    from,
    to: Math.min(end, from + WINDOW_SECONDS),
    start: index === 0 ? start : (middles[index - 1]! + middles[index]!) / 2,
    end: index === count - 1 ? end : (middles[index]! + middles[index + 1]!) / 2,
  }))
}

/** Viterbi over the windows: likeness to each voice, less what changes cost. */
function likeliestSpeakers(
  listened: readonly Listened[],
  groups: readonly EmbeddingGroup[],
  voices: readonly EmbeddingGroup[],
): number[] {
  const likeness = groups.map(({ mean }) => voices.map((voice) => cosine(mean, voice.mean)))
  let scores = voices.map(() => 0)
  const steps = listened.map(({ group, afterPause }) => {
    const cost = afterPause ? CHANGE_COST_AT_PAUSE : CHANGE_COST
    const best = scores.indexOf(Math.max(...scores))
    const from = scores.map((score, speaker) => (scores[best]! - cost > score ? best : speaker))
    scores = from.map(
      (before, speaker) => scores[before]! - (before === speaker ? 0 : cost) + likeness[group]![speaker]!,
    )
    return from
  })
  const path: number[] = []
  let speaker = scores.indexOf(Math.max(...scores))
  for (const from of steps.reverse()) {
    path.push(speaker)
    speaker = from[speaker]!
  }
  return path.reverse()
}

interface Part extends SpeechSpan {
  speaker: number
}

function nearestInTime(spans: readonly SpeechSpan[], parts: readonly Part[]): Part[] {
  if (parts.length === 0) return []
  let at = 0
  return spans.map((span) => {
    const distance = (part: Part) => Math.max(part.start - span.end, span.start - part.end)
    while (at + 1 < parts.length && distance(parts[at + 1]!) <= distance(parts[at]!)) at++
    return { ...span, speaker: parts[at]!.speaker }
  })
}

/** In order of time, neighbours of one speaker joined. */
function joinTurns(parts: Part[]): Part[] {
  const turns: Part[] = []
  for (const part of parts.sort((a, b) => a.start - b.start)) {
    const last = turns.at(-1)
    if (last?.speaker === part.speaker && part.start - last.end < JOIN_SECONDS) last.end = part.end
    else turns.push({ ...part })
  }
  return turns
}

/** Numbers speakers by first appearance, and names those who are known: the most alike first, each name once. */
function named(
  turns: readonly Part[],
  voices: readonly EmbeddingGroup[],
  known: readonly KnownSpeaker[],
  sameSpeakerCosine: number,
): SpeakerTurn[] {
  const names = new Map<number, string>()
  const pairs = voices.flatMap(({ mean }, speaker) =>
    known.map(({ name, embedding }) => ({ speaker, name, likeness: cosine(mean, embedding) })),
  )
  for (const { speaker, name, likeness } of pairs.sort((a, b) => b.likeness - a.likeness)) {
    const isTaken = names.has(speaker) || [...names.values()].includes(name)
    if (likeness >= sameSpeakerCosine && !isTaken) names.set(speaker, name)
  }
  const order = [...new Set(turns.map(({ speaker }) => speaker))]
  return turns.map(({ start, end, speaker }) => ({
    start,
    end,
    speaker: order.indexOf(speaker),
    name: names.get(speaker) ?? null,
  }))
}

/**
 * Who said each word: the speaker of the turn that holds most of it, else of the nearest turn. Null only where there is no
 * turn at all.
 */
export function assignSpeakers(
  words: readonly SpeechSpan[],
  turns: readonly SpeakerTurn[],
): (number | null)[] {
  let first = 0
  return words.map((word) => {
    // Turns that end before this word by far are behind all later words too: words come in order of time.
    while (first + 1 < turns.length && turns[first + 1]!.start <= word.start) first++
    let best: { speaker: number; overlap: number } | null = null
    for (let at = Math.max(0, first - 1); at < turns.length; at++) {
      const turn = turns[at]!
      const overlap = Math.min(word.end, turn.end) - Math.max(word.start, turn.start)
      if (best === null || overlap > best.overlap) best = { speaker: turn.speaker, overlap }
      if (turn.start > word.end) break
    }
    return best?.speaker ?? null
  })
}
