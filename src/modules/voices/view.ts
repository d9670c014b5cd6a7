import { z } from 'zod'
import { profileOf } from './lookup'
import type { PresetVoice } from './presets'
import type { VoiceRow } from './repository'
import { consentSchema, findingSchema, type Consent, type VoiceView } from './schemas'

const findingsSchema = z.array(findingSchema)

export function consentOf({ consent }: VoiceRow): Consent {
  return consentSchema.parse(consent)
}

/** A voice of a library, as the API shows it to its owner. */
export function viewVoice(row: VoiceRow): VoiceView {
  const profile = profileOf(row)
  const { statement, given_by, given_at, account_id } = consentOf(row)
  return {
    id: row.id,
    kind: 'library',
    name: row.name,
    description: row.description,
    tags: row.tags,
    language: null,
    gender: null,
    status: row.status === 'withdrawn' ? 'rejected' : row.status,
    reason: row.reason,
    findings: row.findings === null ? [] : findingsSchema.parse(row.findings),
    speech_seconds: profile?.speechSeconds ?? null,
    pitch_hz: profile === null ? null : pitchOf(profile),
    consent: { statement, given_by, given_at, account_id },
    created_at: row.createdAt.toISOString(),
  }
}

export function viewPreset(preset: PresetVoice): VoiceView {
  const { id, name, description, tags, language, gender, profile } = preset
  return {
    ...{ id, kind: 'preset', name, description, tags, language, gender, status: 'ready' },
    ...{ reason: null, findings: [], speech_seconds: profile.speechSeconds, pitch_hz: pitchOf(profile) },
    ...{ consent: null, created_at: null },
  }
}

function pitchOf({ logPitch }: PresetVoice['profile']): number {
  return Math.round(Math.exp(logPitch.mean))
}
