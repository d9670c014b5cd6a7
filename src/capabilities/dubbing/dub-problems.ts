import { AppError } from '../../platform/errors'
import { saysSomething } from '../../text/says-something'
import type { AskedJob, ParameterProblem } from '../capability'
import { hearingProblem, languageProblem, namedModelProblems, voiceProblem } from '../speech-models'
import type { DubbingParameters } from './index'
import { givenSegments, isOpen } from './segments'

/** Why a recording cannot be dubbed as it is asked for, as far as it can be told without listening to it. */
export function dubProblems(parameters: DubbingParameters, job: AskedJob): ParameterProblem[] {
  const { recognizer, speech_model: speechModel, segments } = parameters
  const unknown = [
    ...namedModelProblems(job, { path: 'recognizer', kind: 'speech-to-text', id: recognizer }),
    ...namedModelProblems(job, { path: 'speech_model', kind: 'text-to-speech', id: speechModel }),
  ]
  if (unknown.length > 0) return unknown
  return [
    ...(segments.length === 0 ? hearingProblems(parameters, job) : []),
    ...speakingProblems(parameters, job),
  ]
}

function hearingProblems(
  { recognizer, source_language: source }: DubbingParameters,
  { otherModel }: AskedJob,
): ParameterProblem[] {
  const model = otherModel('speech-to-text', recognizer || undefined)
  const message = model && hearingProblem(model, source === 'auto' ? null : source)
  return message ? [{ path: 'source_language', message: `${message} Or give the texts in segments.` }] : []
}

function speakingProblems(parameters: DubbingParameters, job: AskedJob): ParameterProblem[] {
  const { speech_model: speechModel, voice_id: id, target_language: language } = parameters
  const model = job.otherModel('text-to-speech', speechModel || undefined)
  if (!model) return []
  const unknown = voiceProblem(model, id, job.hasVoice)
  if (unknown !== null) return [{ path: 'voice_id', message: unknown }]
  // Where texts are missing, the segments are what comes: they can be had in every language.
  if (isOnlyText(parameters)) return []
  const unspoken = languageProblem(model, { id, language })
  if (unspoken !== null) return [{ path: 'target_language', message: unspoken }]
  return segmentProblems(parameters)
}

function isOnlyText({ review, segments }: DubbingParameters): boolean {
  return review || segments.length === 0 || givenSegments(segments).some(isOpen)
}

/** The first text that cannot be said, so that the list of many stays short. */
function segmentProblems({
  segments,
  ssml,
  target_language: language,
}: DubbingParameters): ParameterProblem[] {
  for (const { text } of segments) {
    const reason = text === '' ? null : whyUnsayable(text, { ssml, language })
    if (reason !== null) {
      return [{ path: 'segments', message: `The segment “${beginningOf(text)}” cannot be spoken: ${reason}` }]
    }
  }
  return []
}

function whyUnsayable(text: string, reading: { ssml: boolean; language: string }): string | null {
  try {
    return saysSomething(text, reading) ? null : 'It holds no words.'
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_parameter') return error.message
    throw error
  }
}

/** Enough of a text to find it by. */
export function beginningOf(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
