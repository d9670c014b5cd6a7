import { z } from 'zod'

import type { Manifest } from '../inference/manifest'
import type { AskedJob, ParameterProblem } from './capability'

/** Voices that come with the product are models of this kind. */
export const presetVoiceKind = 'voice-preset'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether an id is of somebody's voice library: those of presets and of models are names. */
export function isLibraryVoice(id: string): boolean {
  return uuid.test(id)
}

/** A voice that a model brings. */
export const modelVoiceSchema = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  /** What the engine calls it: a number of the network's table, or a file. */
  speaker: z.union([z.int().min(0), z.string()]).default(0),
  /** BCP 47. */
  language: z.string().default('en-US'),
  gender: z.string().default(''),
  description: z.string().default(''),
})

export type ModelVoice = z.output<typeof modelVoiceSchema>

const optionsSchema = z.object({ voices: z.array(modelVoiceSchema).default([]) })

/** The voices of a model that speaks; one that lists none has one, named as itself. */
export function modelVoices(manifest: Manifest): ModelVoice[] {
  const { voices } = optionsSchema.parse(manifest.options)
  if (voices.length > 0) return voices
  const language = manifest.languages[0] ?? 'en-US'
  return [modelVoiceSchema.parse({ id: manifest.id, name: manifest.title, language })]
}

/** Which voice of a model speaks. */
export interface WantedVoice {
  /** Of the model, a preset or a library; empty for whichever fits the language. */
  id: string
  /** BCP 47; null where the voice decides. */
  language: string | null
}

/**
 * The voice of the model that speaks: the one that is named, else, also where it speaks for a voice of a library, the
 * first one of the very language, of a relative of it, or of all.
 */
export function speakingVoice(manifest: Manifest, { id, language }: WantedVoice): ModelVoice {
  const voices = modelVoices(manifest)
  return (
    voices.find((voice) => voice.id === id) ??
    voices.find((voice) => voice.language === language) ??
    voices.find((voice) => language !== null && sameLanguage(voice.language, language)) ??
    voices[0]!
  )
}

/** Why there is nobody to speak by that name; null where there is. */
export function voiceProblem(manifest: Manifest, id: string, hasVoice: AskedJob['hasVoice']): string | null {
  const known = modelVoices(manifest).map((voice) => voice.id)
  if (id === '' || known.includes(id) || hasVoice(id)) return null
  return `There is no voice “${id}”: it is none of the model “${manifest.id}” (${known.join(', ')}) and none of your voice library.`
}

/** Why the voice cannot speak the language that is wanted of it; null where it can. */
export function languageProblem(manifest: Manifest, wanted: WantedVoice): string | null {
  const voice = speakingVoice(manifest, wanted)
  if (wanted.language === null || sameLanguage(wanted.language, voice.language)) return null
  const spoken = [...new Set(modelVoices(manifest).map(({ language }) => language))].join(', ')
  return `The voice “${voice.id}” speaks ${voice.language}, not ${wanted.language}. The model “${manifest.id}” speaks ${spoken}: choose another model for ${wanted.language}.`
}

/** Why a model that recognises speech does not know the language; null where it does, or where it finds out itself. */
export function hearingProblem({ title, languages }: Manifest, language: string | null): string | null {
  if (language === null || languages.length === 0) return null
  if (languages.some((known) => sameLanguage(known, language))) return null
  return `“${title}” does not understand ${language}, but ${languages.join(', ')}: choose another model for ${language}.`
}

/** Why a parameter that names a model of another kind names none; empty where it does, and where it is left open. */
export function namedModelProblems(
  job: Pick<AskedJob, 'otherModel'>,
  { path, kind, id }: { path: string; kind: string; id: string },
): ParameterProblem[] {
  if (id === '' || job.otherModel(kind, id)) return []
  return [{ path, message: `There is no ${kind} model “${id}” here that could be used.` }]
}

/** Whether two BCP 47 tags are of one language, whatever the region. */
export function sameLanguage(one: string, other: string): boolean {
  return primary(one) === primary(other)
}

function primary(tag: string): string {
  return tag.toLowerCase().split('-')[0]!
}
