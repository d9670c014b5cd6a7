import { voiceProfileSchema, type VoiceProfile } from '../../audio/voice-profile'
import { isLibraryVoice } from '../../capabilities'
import type { Database } from '../../platform/database'
import type { PresetVoices } from './presets'
import { createVoiceRepository, type VoiceRow } from './repository'

/** A voice that a job may speak with. */
export interface UsableVoice {
  id: string
  name: string
  /** In the object store, or on this machine where it came with the product. */
  sample: { key: string } | { path: string }
  profile: VoiceProfile | null
}

export type FoundVoice =
  | { state: 'usable'; voice: UsableVoice }
  | { state: 'unusable'; reason: string }
  /** Neither of a library nor a preset: it may be one that a model brings. */
  | { state: 'unknown' }

export interface VoiceLookup {
  /** The voice, as far as this user may use it. */
  find(userId: string, voiceId: string): Promise<FoundVoice>
}

/** Tells who may use which voice: what the API refuses at once, and a worker when it takes a job. */
export function createVoiceLookup(database: Database, presets: PresetVoices): VoiceLookup {
  const repository = createVoiceRepository(database)
  return {
    async find(userId, voiceId) {
      if (!isLibraryVoice(voiceId)) {
        const preset = presets.get(voiceId)
        if (!preset) return { state: 'unknown' }
        const { id, name, samplePath, profile } = preset
        return { state: 'usable', voice: { id, name, sample: { path: samplePath }, profile } }
      }
      const row = await repository.findOwned(voiceId, userId)
      if (!row) return { state: 'unusable', reason: 'There is no such voice in your library.' }
      if (row.status !== 'ready' || row.sampleKey === null) {
        return { state: 'unusable', reason: whyUnusable(row) }
      }
      return {
        state: 'usable',
        voice: { id: row.id, name: row.name, sample: { key: row.sampleKey }, profile: profileOf(row) },
      }
    },
  }
}

export function profileOf({ profile }: VoiceRow): VoiceProfile | null {
  return profile === null ? null : voiceProfileSchema.parse(profile)
}

function whyUnusable({ name, status }: VoiceRow): string {
  switch (status) {
    case 'checking':
      return `The sample of the voice “${name}” is still being checked. Try again in a moment.`
    case 'awaiting_moderation':
      return `The voice “${name}” waits for a moderator. It can be used once it was approved.`
    case 'rejected':
      return `The sample of the voice “${name}” was not accepted. Record another one.`
    default:
      return `The voice “${name}” was withdrawn. Choose another voice.`
  }
}
