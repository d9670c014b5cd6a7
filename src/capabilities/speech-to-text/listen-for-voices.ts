import type { Engine, JobContext, LoadedModel, ModelFiles } from '../../inference/engine'
import { AppError } from '../../platform/errors'
import type { HandlerContext } from '../capability'
import type { ListenForVoices } from '../listening'
import { createDiarizer, type SpeakerTurn } from './diarizer'
import { speechEngines } from './engines'
import type { SpeakerEmbeddingInput, SpeakerEmbeddingOutput } from './speaker-embedding'
import { SPEECH_RATE_HZ } from './speech-regions'
import { createSpeechWindows, cutIntoWindows } from './speech-windows'

const windowSeconds = 30
/** What one look at the main voice hears: as long as the networks' training crops and longer. */
const excerptSeconds = 4
const shortestExcerptSeconds = 1

/** See `ListenForVoices`: what speech to text knows of voices, without recognising a word. */
export const listenForVoices: ListenForVoices = async (samples, context) => {
  const { models } = context
  const detector = helper(context, 'voice-activity', speechEngines.voiceActivity)
  const embedder = helper(context, 'speaker-embedding', speechEngines.speakerEmbedding)
  const activity = await models.acquire(detector.engine, detector.files)
  try {
    const speakers = await models.acquire(embedder.engine, embedder.files)
    try {
      const quiet = { ...context, progress: () => undefined }
      const windows = createSpeechWindows({ model: activity.model, windowSeconds, job: quiet })
      const diarizer = createDiarizer({ model: speakers.model, numSpeakers: null, job: quiet })
      for await (const window of cutIntoWindows(blocksOf(samples), windows)) await diarizer.add(window)
      const turns = diarizer.finish()
      const vector = await embeddingOf(samples, mainTurns(turns), speakers.model, quiet)
      return {
        speech: windows.regions(),
        turns,
        mainVoice: vector && { model: embedder.files.manifest.id, vector },
      }
    } finally {
      speakers.release()
    }
  } finally {
    activity.release()
  }
}

async function* blocksOf(samples: Float32Array): AsyncGenerator<Float32Array> {
  const blockSamples = SPEECH_RATE_HZ * 2
  for (let at = 0; at < samples.length; at += blockSamples) yield samples.subarray(at, at + blockSamples)
}

function helper<E extends Engine<never, unknown>>(
  context: HandlerContext,
  kind: string,
  engines: readonly E[],
): { files: ModelFiles; engine: E } {
  const files = context.helperModel(kind)
  const engine = engines.find(({ id }) => id === files?.manifest.engine)
  if (files && engine) return { files, engine }
  throw new AppError('model_file_missing', {
    message: `This installation has no ${kind} model. Its operator can bring one: npm run models list`,
  })
}

/** The turns of whoever speaks most. */
function mainTurns(turns: readonly SpeakerTurn[]): SpeakerTurn[] {
  const seconds = new Map<number, number>()
  for (const { speaker, start, end } of turns) seconds.set(speaker, (seconds.get(speaker) ?? 0) + end - start)
  const [main] = [...seconds].sort((a, b) => b[1] - a[1])[0] ?? []
  return turns.filter(({ speaker }) => speaker === main)
}

/** The mean over excerpts, at unit length; null where no turn is long enough. */
async function embeddingOf(
  samples: Float32Array,
  turns: readonly SpeakerTurn[],
  model: LoadedModel<SpeakerEmbeddingInput, SpeakerEmbeddingOutput>,
  job: JobContext,
): Promise<number[] | null> {
  const sum: number[] = []
  for (const { start, end } of turns) {
    for (let from = start; end - from >= shortestExcerptSeconds; from += excerptSeconds) {
      const [first, last] = [from, Math.min(end, from + excerptSeconds)].map((at) =>
        Math.round(at * SPEECH_RATE_HZ),
      )
      const { embedding } = await model.run({ samples: samples.subarray(first, last) }, job)
      embedding.forEach((value, index) => (sum[index] = (sum[index] ?? 0) + value))
    }
  }
  const length = Math.hypot(...sum)
  return length > 0 ? sum.map((value) => value / length) : null
}
