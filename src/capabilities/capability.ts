import { z } from 'zod'

import type { Ffmpeg, MediaInfo } from '../audio/ffmpeg'
import type { AudioFormat } from '../audio/formats'
import type { JobContext, ModelFiles } from '../inference/engine'
import type { Manifest } from '../inference'
import type { ModelCache } from '../inference/model-cache'
import type { SoundQuality } from '../audio/quality-meter'
import type { VoiceProfile } from '../audio/voice-profile'
import type { SpeechScores } from './speech-quality'

/** `video`: uploads may be films, whose sound is worked on; a job names them `audio` as any recording. */
export type InputKind = 'audio' | 'video' | 'text'

/** A voice that a task speaks with or turns into: a sample of it, and what was measured of that once. */
export interface TaskVoice {
  id: string
  name: string
  /** Recording of the voice alone, on this machine. */
  samplePath: string
  /** Null where nobody has measured the sample yet: the task does. */
  profile: VoiceProfile | null
}

/** An entry of a user's pronunciation dictionary: written form, and how it is said. */
export interface Pronunciation {
  /** Word or phrase as written; letters match in either case. */
  written: string
  /** IPA, or another spelling that says it better. */
  spoken: string
  alphabet: 'ipa' | 'respelling'
}

/** What the parameters of a task name by id, fetched before it begins. */
export interface TaskResources {
  voices: Readonly<Record<string, TaskVoice>>
  dictionaries: Readonly<Record<string, readonly Pronunciation[]>>
  /** What is left of an earlier job that this one goes on from; undefined where it names none, or that is gone. */
  earlier?: EarlierWork | undefined
}

/** What an earlier job of the same recording left for others to go on from. */
export interface EarlierWork {
  /** Paths on this machine, by the names of its artifacts. */
  files: Readonly<Record<string, string>>
  /** Ids of the models that had a part in it. */
  models: readonly string[]
}

export const noResources: TaskResources = { voices: {}, dictionaries: {} }

/** Parameters that hold the id of something of the user's; null or an empty string where they name nothing. */
export interface ResourceReferences {
  voices?: readonly string[]
  dictionaries?: readonly string[]
  /** A completed job of the same capability and the same input, and those of its artifacts that are wanted. */
  earlier?: { parameter: string; artifacts: readonly string[] }
}

/** What is wrong with a parameter, for the user to read. */
export interface ParameterProblem {
  /** Name of the parameter; `input_data` for the text that is worked on. */
  path: string
  message: string
}

/** What is known of a job before it begins, beside its parameters. */
export interface AskedJob {
  model: Manifest
  /** That is to be worked on; null for recordings, and where it is not told yet. */
  text: string | null
  /** An installed model of another kind: the one with this id, or the default one; null where there is none. */
  otherModel(kind: string, id?: string): Manifest | null
  /** Whether there may be such a voice apart from those of models: a preset, or one of the library. */
  hasVoice(id: string): boolean
}

export interface CapabilityLimits {
  maxInputBytes: number
  /** Of decoded audio. */
  maxInputSeconds: number
  maxTextCharacters: number
}

export interface SoundTraits {
  /** Made, not edited: it is watermarked. */
  generated: boolean
  /** Judged as listeners would, where a model for that is installed. */
  speech: boolean
}

/**
 * What the API may know about a capability. Its handler and engines are behind `loadHandler` and are loaded in the
 * worker's runner processes only.
 */
export interface CapabilityDefinition<Parameters extends object = Record<string, unknown>> {
  /** Stable id on the wire, kebab case; also the folder's name and the queue's. */
  id: string
  title: string
  summary: string
  inputs: readonly InputKind[]
  /** What a job may give, by its input and parameters. */
  outputs: readonly OutputKind[]
  /** What its sound is, where that is its output. */
  sound?: SoundTraits
  /** snake_case keys, each with a description and a default: forms are built from it. */
  parameters: z.ZodType<Parameters>
  /** Why a job cannot work whose parameters are right by themselves: such a job is refused before it starts. */
  problemsWith?(parameters: Parameters, job: AskedJob): ParameterProblem[]
  /** Which parameters name voices and dictionaries; a voice that comes with a model is not looked up. */
  references?: ResourceReferences
  /** For the product's own use: neither listed nor open to clients. */
  internal?: boolean
  limits: CapabilityLimits
  /**
   * How long a job may run, from the claimed length of its input; null where that is not known.
   * @param realTimeFactor What its model’s manifest states; default 1.
   */
  deadlineMs(inputSeconds: number | null, realTimeFactor?: number): number
  loadHandler(): Promise<CapabilityHandler<Parameters>>
}

export type TaskInput = { kind: 'audio'; path: string; media?: MediaInfo } | { kind: 'text'; text: string }

/** One piece of work on local files. */
export interface CapabilityTask<Parameters extends object = Record<string, unknown>> {
  input: TaskInput
  /** Checked against the definition's schema. */
  parameters: Parameters
  resources: TaskResources
  model: ModelFiles
  /** Existing folder for the results. The caller removes it where the task fails. */
  outputDir: string
  outputFormat: AudioFormat
  /** Length of the lower-grade preview of the output; null for none. */
  previewSeconds: number | null
  /** Likewise of the input; null also where the input can be played as it is. */
  inputPreviewSeconds: number | null
  maxInputSeconds: number
}

/** A part of a task that another capability does, for example the transcript that an editor looks for words in. */
export interface SubTask {
  capability: string
  /** Default: the capability's default model. */
  model?: string | undefined
  input: TaskInput
  /** As a client would send them; defaults are filled in. */
  parameters: Record<string, unknown>
  /** Default: those of the task. */
  resources?: TaskResources | undefined
  /** Existing folder of its own for the results. */
  outputDir: string
}

export interface HelperModel {
  files: ModelFiles
  /** Whether all of its files are on this machine. */
  installed: boolean
}

/** A server that speaks LibreTranslate's protocol. */
export interface TranslationServer {
  url: string
  apiKey: string | null
}

/** What a handler stands on: the job, and this process's audio and models. */
export interface HandlerContext extends JobContext {
  ffmpeg: Ffmpeg
  models: ModelCache
  /**
   * A helper model of a kind such as `voice-activity`: the default one, null where none is installed, or the one with
   * this id, whose files may still be missing.
   * @throws AppError `model_not_found` where no model of the kind has the id.
   */
  helperModel(kind: string, id?: string): ModelFiles | null
  /** All models of a kind that this installation knows, the default first. */
  helperModels(kind: string): readonly HelperModel[]
  /** Where the operator has set one up. */
  translationServer?: TranslationServer | undefined
  /**
   * Runs another capability within this task: same process, same cancellation, no previews. Its progress goes to
   * `progress`; the caller scales it into its own.
   * @throws AppError as the other capability does.
   */
  runCapability(task: SubTask, progress: JobContext['progress']): Promise<TaskResult>
  /**
   * Hands out the next part of the preview while the task still runs: an mp3 of a few seconds, to be played after the
   * parts before it. Nothing happens where nobody listens.
   */
  publishPart(file: string): void
}

export interface TaskFile {
  path: string
  contentType: string
  bytes: number
}

/** Where the time of a task went. */
export interface TaskReport {
  /** Milliseconds by stage; stages overlap, `total` is the wall time. */
  timingsMs: { open: number; inference: number; encode: number; total: number }
  /** Inference time divided by the input's duration. */
  realTimeFactor: number
  /** Execution provider that the model ran on. */
  provider: string
  model: { id: string; version: string }
}

/** How good sound is. */
export interface QualityReport extends SoundQuality {
  speech: SpeechScores | null
  /** Why speech was not judged; null where it was. */
  speechMissing: string | null
}

/** How good the sound of a task is, before and after. */
export interface TaskQuality {
  /** Null where nothing went in, or not as it is. */
  input: QualityReport | null
  output: QualityReport | null
}

/** What the download of a task's output gives: sound, or a transcript as JSON, or other data. */
export type OutputKind = 'audio' | 'video' | 'transcript' | 'data'

/** A further file of a task, below its name. */
export interface TaskArtifact extends TaskFile {
  /** File name, unique within the task. */
  name: string
  /** Whether it may be had without paying, as previews may. */
  free: boolean
}

export interface TaskResult {
  output: TaskFile & {
    kind: OutputKind
    /** Of the sound it holds, or of the sound that it speaks of. */
    durationSeconds: number
    /** Null where it holds no sound. */
    audio: { sampleRateHz: number; channels: number; frames: number } | null
  }
  /** What the first download costs: the output's length, the input's for text, nothing for a trial run. */
  billedSeconds: number
  preview: TaskFile | null
  /** The free part of a text result. */
  previewText: string | null
  inputPreview: TaskFile | null
  artifacts: TaskArtifact[]
  /** What the capability has to say about the result, in snake_case, for the API to show as it is; small. */
  details: Record<string, unknown> | null
  /** Of decoded samples. */
  inputSeconds: number
  /** Peaks of at most 1,000 equal parts of the audio, 0–1. */
  waveform: { input: number[]; output: number[] }
  /** Of sound; measured by the runner on the way, not by handlers. */
  quality?: TaskQuality | undefined
  /** Ids of all models that had a part in it, helpers included: noted by the runner, beside those of earlier work. */
  models?: string[] | undefined
  report: TaskReport
}

export interface CapabilityHandler<Parameters extends object = Record<string, unknown>> {
  /** @throws AppError; anything else is a fault of the engine. */
  run(task: CapabilityTask<Parameters>, context: HandlerContext): Promise<TaskResult>
  /** Loads a model ahead of the first job that needs it. */
  warm?(model: ModelFiles, models: ModelCache): Promise<void>
}

/** The JSON Schema of a capability's parameters, as the API shows it. */
export function parameterJsonSchema(
  definition: Pick<CapabilityDefinition, 'parameters'>,
): Record<string, unknown> {
  return z.toJSONSchema(definition.parameters, { io: 'input' })
}
