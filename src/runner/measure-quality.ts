import type { QualityReport, TaskQuality } from '../capabilities/capability'
import { judgeSpeech } from '../capabilities/speech-quality'
import type { JobContext, ModelFiles } from '../inference'
import type { ModelCache } from '../inference/model-cache'
import type { Observation, ObservedSound } from './observe-sound'

export interface Judging {
  /** Null where none is installed. */
  model: ModelFiles | null
  isSpeech: boolean
  models: ModelCache
  job: JobContext
}

const notSpeech = 'The output is not speech.'
const notInstalled =
  'No model that judges speech is installed. The operator can fetch one with: npm run models pull dnsmos'
const nothingHeard = 'There is no sound to judge.'

/** What was observed of a task's input and output, with the judgement of speech. */
export async function measureQuality(observed: ObservedSound, judging: Judging): Promise<TaskQuality> {
  return {
    input: await reportOf(observed.input(), judging),
    output: await reportOf(observed.output(), judging),
  }
}

/** A judge that fails is no reason to throw a finished output away. */
async function reportOf(
  observation: Observation | null,
  { model, isSpeech, models, job }: Judging,
): Promise<QualityReport | null> {
  if (observation === null) return null
  const { sound, excerpt } = observation
  if (!isSpeech) return { ...sound, speech: null, speechMissing: notSpeech }
  if (!model || !excerpt) return { ...sound, speech: null, speechMissing: notInstalled }
  try {
    const speech = await judgeSpeech(excerpt, model, models, job)
    return { ...sound, speech, speechMissing: speech ? null : nothingHeard }
  } catch (error) {
    job.log.warn({ model: model.manifest.id, reason: String(error) }, 'speech could not be judged')
    return { ...sound, speech: null, speechMissing: 'The model that judges speech failed.' }
  }
}
