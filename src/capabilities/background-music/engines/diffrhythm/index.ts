import type { PcmBlock } from '../../../../audio/pcm'
import { createRandom } from '../../../../audio/synthesis/noise'
import type { JobContext, ModelFiles } from '../../../../inference/engine'
import { loadTokenizer, type TextTokenizer } from '../../../../inference/tokenizer'
import type { MusicEngine, MusicPlan, MusicRequest } from '../../musician'
import { decodeInPieces } from '../decode-in-pieces'
import { moodsOf, promptOf, promptWarnings } from '../prompt'
import { firstFrames, looped, seamFrames } from '../seams'
import { readDiffrhythmConfig, type DiffrhythmConfig } from './config'
import { parseLyrics, placeLyrics, type LyricLine } from './lyrics'
import { loadDiffrhythmNetwork, type DiffrhythmNetwork } from './network'
import { createLyricReader } from './phonemes'
import { generateLatents } from './song'

const maxPromptTokens = 256

/** As the authors cut the sound: of 128 latent frames 16 on either side are thrown away. */
const decodingWindows = { items: 96, before: 16, after: 16 }

/**
 * Songs with or without words by DiffRhythm. Lines of the description that begin with a time (`[00:10.00]words`) are
 * sung; the others say what the music is like.
 */
export const diffrhythmEngine: MusicEngine = {
  id: 'diffrhythm',
  async load(files, runtime) {
    const config = await readDiffrhythmConfig(files)
    const tokenizer = await loadTokenizer(files.path('tokenizer.json'), files.path('tokenizer_config.json'))
    const network = await loadDiffrhythmNetwork(files, runtime, config)
    return {
      bytes: files.manifest.requirements.memoryMb * 1024 * 1024,
      run(request, job) {
        job.progress('compose', 0)
        return planOf({ files, config, tokenizer, network }, request, job)
      },
      release: () => network.release(),
    }
  },
}

interface Diffrhythm {
  files: ModelFiles
  config: DiffrhythmConfig
  tokenizer: TextTokenizer
  network: DiffrhythmNetwork
}

async function planOf(model: Diffrhythm, request: MusicRequest, job: JobContext): Promise<MusicPlan> {
  const { title, sampleRateHz } = model.files.manifest
  const { description, lines } = parseLyrics(request.text)
  const { duration_seconds, loop, instrumental } = request.parameters
  const described = { ...request, text: description }
  const prompt = promptOf(described)
  const sung = await sungLines(model, instrumental ? [] : lines, duration_seconds)
  const frames = Math.round(duration_seconds * sampleRateHz)
  const seam = seamFrames(request.parameters, sampleRateHz)
  const song = { prompt, lines: sung.lines, seed: request.seed, samples: frames + seam }
  return {
    ...{ sampleRateHz, frames, loop, stems: [], notes: null },
    play: (progress) => {
      const sound = soundOf(model, song, job, progress)
      return loop ? looped(sound, frames, seam) : firstFrames(sound, frames)
    },
    understood: {
      ...{ prompt, moods: moodsOf(described), loop, seed: request.seed },
      lyrics: sung.lines.map(({ seconds, words }) => ({ seconds, words })),
    },
    warnings: [
      ...promptWarnings(described, title),
      ...lyricWarnings(lines, request, title),
      ...(sung.unread.length === 0
        ? []
        : [`${title} reads English here, and leaves out: ${sung.unread.slice(0, 20).join(', ')}.`]),
    ],
  }
}

interface SungLine extends LyricLine {
  tokens: number[]
}

async function sungLines(
  { config }: Diffrhythm,
  lines: readonly LyricLine[],
  durationSeconds: number,
): Promise<{ lines: SungLine[]; unread: string[] }> {
  const within = lines.filter(({ seconds }) => seconds < durationSeconds)
  if (within.length === 0) return { lines: [], unread: [] }
  const read = await createLyricReader(config.phonemes)
  const unread: string[] = []
  const sung: SungLine[] = []
  for (const line of within) {
    const { tokens, unread: left } = await read(line.words)
    unread.push(...left)
    sung.push({ ...line, tokens })
  }
  return { lines: sung, unread }
}

function lyricWarnings(
  lines: readonly LyricLine[],
  { parameters: { instrumental, duration_seconds } }: MusicRequest,
  title: string,
): string[] {
  const late = lines.filter(({ seconds }) => seconds >= duration_seconds).length
  if (instrumental) {
    return lines.length === 0 ? [] : ['The lyrics are left out: turn “instrumental” off to have them sung.']
  }
  if (lines.length === 0) {
    return [`${title} was given nothing to sing: add lines with times, such as “[00:10.00]words”.`]
  }
  return late === 0 ? [] : [`${late} of ${lines.length} lines begin after the end and are left out.`]
}

interface Song {
  prompt: string
  lines: readonly SungLine[]
  seed: number
  /** At least. */
  samples: number
}

async function* soundOf(
  { files, config, tokenizer, network }: Diffrhythm,
  { prompt, lines, seed, samples }: Song,
  { signal }: JobContext,
  progress: (fraction: number) => void,
): AsyncGenerator<PcmBlock> {
  const { options } = config
  const framesPerSecond = files.manifest.sampleRateHz / options.frame_samples
  const ends = ['<s>', '</s>'].map((token) => tokenizer.idOf(token))
  const [first, last] = ends.map((id) => (id === undefined ? [] : [id])) as [number[], number[]]
  const tokens = [...first, ...tokenizer.encode(prompt).slice(0, maxPromptTokens - 2), ...last]
  const latents = generateLatents(network, options, {
    style: await network.style(tokens),
    textAt: placeLyrics(lines, framesPerSecond),
    frames: Math.ceil(samples / options.frame_samples),
    gaussian: createRandom(seed).gaussian,
    ...{ signal, progress },
  })
  yield* decodeInPieces(latents, (frames) => network.sound(frames), decodingWindows)
}
