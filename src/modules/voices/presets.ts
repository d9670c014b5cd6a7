import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { voiceProfileSchema, type VoiceProfile } from '../../audio/voice-profile'
import { presetVoiceKind } from '../../capabilities'
import type { ModelEntry, ModelStore } from '../../inference'

/** A voice that comes with the product and is everybody's. */
export interface PresetVoice {
  id: string
  name: string
  description: string
  language: string
  gender: string | null
  tags: string[]
  samplePath: string
  profile: VoiceProfile
}

const optionsSchema = z.object({
  name: z.string(),
  language: z.string(),
  gender: z.string().nullable().default(null),
  tags: z.array(z.string()).default([]),
})

export interface PresetVoices {
  list(): PresetVoice[]
  get(id: string): PresetVoice | null
}

/** The presets of `models/voice-preset/<id>/`: `sample.flac`, and what was measured of it in `profile.json`. */
export function createPresetVoices(store: Pick<ModelStore, 'list'>): PresetVoices {
  /** A preset's files do not change while the product runs. */
  const known = new Map<string, PresetVoice>()

  function read({ manifest, files }: ModelEntry): PresetVoice {
    const found = known.get(manifest.id)
    if (found) return found
    const profile: unknown = JSON.parse(readFileSync(files.path('profile.json'), 'utf8'))
    const preset = {
      id: manifest.id,
      description: manifest.summary,
      samplePath: files.path('sample.flac'),
      profile: voiceProfileSchema.parse(profile),
      ...optionsSchema.parse(manifest.options),
    }
    known.set(manifest.id, preset)
    return preset
  }

  const list = () =>
    store
      .list(presetVoiceKind)
      .filter((entry) => entry.installed())
      .map(read)

  return { list, get: (id) => list().find((preset) => preset.id === id) ?? null }
}
