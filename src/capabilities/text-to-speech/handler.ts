import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { AppError } from '../../platform/errors'
import type { SpokenWord } from '../../text/utterance'
import type { CapabilityHandler, CapabilityTask, HandlerContext, TaskResult } from '../capability'
import { chooseVoice } from './choose-voice'
import type { OpenFrontEnd } from './front-end'
import { maxTextCharacters, type TextToSpeechParameters } from './index'
import { speakAs } from './library-voice'
import { engineOf, openSpeaker } from './open-speaker'
import { createPreviewParts } from './preview-parts'
import { readAloud } from './read-aloud'
import { resultOf } from './results'
import { createSpeechDraft, createSpeechFile, type FinishedSpeech, type SpeechFile } from './speech-file'
import { listed, surveyText } from './survey'
import type { SpeechSynthesisEngines } from './voice-model'
import { createWordTimes } from './word-times'

type Task = CapabilityTask<TextToSpeechParameters>

export interface TextToSpeechDependencies {
  engines: SpeechSynthesisEngines
  openFrontEnd: OpenFrontEnd
}

/** Of the text front end. */
const maxNotes = 20
/** Turning the speech into a library voice takes about as long as speaking. */
const changeShare = 0.5

/** Text to speech with whichever engines the manifests ask for. Memory does not grow with the text. */
export function createTextToSpeechHandler(
  dependencies: TextToSpeechDependencies,
): CapabilityHandler<TextToSpeechParameters> {
  return {
    async run(task, context) {
      try {
        return await speak(dependencies, task, context)
      } catch (error) {
        if (error instanceof AppError) throw error
        throw new AppError(context.signal.aborted ? 'canceled' : 'engine_failed', { cause: error })
      }
    },
    async warm(model, models) {
      const lease = await models.acquire(engineOf(dependencies.engines.voices, model), model)
      lease.release()
    },
  }
}

async function speak(
  { engines, openFrontEnd }: TextToSpeechDependencies,
  task: Task,
  context: HandlerContext,
): Promise<TaskResult> {
  const startedAt = performance.now()
  const { parameters, model } = task
  const text = textOf(task)
  const { voice, target, language } = chooseVoice(model, parameters, task.resources)
  const engine = engineOf(engines.voices, model)
  const reads = (word: SpokenWord) => engine.reads(word, model.manifest)
  const pronunciations = task.resources.dictionaries[parameters.dictionary_id] ?? []
  context.progress('read', 0)
  const { frontEnd, release } = await openFrontEnd(context)
  try {
    const reading = { language, ssml: parameters.ssml, pronunciations }
    const notes: string[] = []
    const onWarning = (message: string) => void notes.push(message)
    const survey = await surveyText(
      frontEnd.analyse(text, { ...reading, onWarning }),
      reads,
      notes,
      context.signal,
    )
    const utterances = () => frontEnd.analyse(text, reading)
    const speaker = await openSpeaker(engines, model, { voice, vocoder: parameters.vocoder }, context)
    try {
      const openMs = performance.now() - startedAt
      const times = createWordTimes(language)
      const share = target ? changeShare : 1
      const say = async (file: SpeechFile) =>
        readAloud(
          {
            ...{ utterances: utterances(), speaker, reads, parameters, file, times, words: survey.words },
            parts: target ? null : createPreviewParts(task, speaker.sampleRateHz, context),
            onProgress: (fraction) => context.progress('speak', Math.min(0.99, fraction * share)),
          },
          context,
        )
      const onChange = (fraction: number) =>
        context.progress('change-voice', Math.min(0.99, share + fraction * (1 - share)))
      const { spoken, finished } = target
        ? await sayAs(say, speaker.sampleRateHz, task, context, (draft) =>
            speakAs(target, draft, task, context, onChange),
          )
        : await sayInto(createSpeechFile(task, speaker.sampleRateHz, context), say)
      const left = survey.unreadableCount
      const warnings = [
        ...notes.slice(0, maxNotes),
        ...(left > 0 ? [`Left out what the voice cannot say: ${listed(survey.unreadable, left)}.`] : []),
        ...spoken.warnings,
      ]
      return await resultOf({
        ...{ task, finished, times, warnings, startedAt, openMs, inferenceMs: spoken.inferenceMs },
        voice: target
          ? { id: target.id, name: target.name, kind: 'library' }
          : { id: voice.id, name: voice.name, kind: 'model' },
        vocoder: speaker.vocoderId,
        provider: speaker.model.provider,
      })
    } finally {
      speaker.release()
    }
  } finally {
    release()
  }
}

function textOf({ input, parameters }: Task): string {
  if (input.kind !== 'text') {
    throw new AppError('invalid_parameter', { message: 'Text to speech takes a text, not a recording.' })
  }
  if (input.text.length > maxTextCharacters) {
    throw new AppError('text_too_long', {
      message: `The text has ${input.text.length} characters; at most ${maxTextCharacters} are taken. Split it, for example at its chapters.`,
    })
  }
  if (input.text.trim() === '') {
    const what = parameters.ssml ? 'SSML' : 'text'
    throw new AppError('invalid_parameter', { message: `There is nothing to speak: the ${what} is empty.` })
  }
  return input.text
}

type Spoken = Awaited<ReturnType<typeof readAloud>>

async function sayInto(
  file: SpeechFile,
  say: (file: SpeechFile) => Promise<Spoken>,
): Promise<{ spoken: Spoken; finished: FinishedSpeech }> {
  try {
    const spoken = await say(file)
    return { spoken, finished: await file.finish() }
  } catch (error) {
    await file.abort()
    throw error
  }
}

/** Speaks into a draft first, which is made into the result. */
async function sayAs(
  say: (file: SpeechFile) => Promise<Spoken>,
  sampleRateHz: number,
  task: Task,
  context: HandlerContext,
  change: (draft: string) => Promise<SpeechFile>,
): Promise<{ spoken: Spoken; finished: FinishedSpeech }> {
  const folder = join(task.outputDir, 'draft')
  await mkdir(folder)
  const draft = join(folder, 'speech.flac')
  const { spoken } = await sayInto(createSpeechDraft(draft, sampleRateHz, context), say)
  const { finished } = await sayInto(await change(draft), () => Promise.resolve(spoken))
  await rm(folder, { recursive: true, force: true })
  return { spoken, finished }
}
