import { z } from 'zod'

import type { CapabilityDefinition } from '../capability'
import { changeProblems } from './model-limits'

export const voiceChangerParameters = z
  .strictObject({
    target_voice_id: z.string().trim().max(80).default('').meta({
      title: 'Voice',
      control: 'voice',
      description: 'Voice to turn into. Without one only pitch and formants are shifted.',
    }),
    pitch_semitones: z.number().min(-24).max(24).nullable().default(null).meta({
      title: 'Pitch (semitones)',
      description:
        'Shifts the pitch. Left open, height and range become those of the voice, and a song moves by whole octaves, so that its melody stays; nothing moves where no voice is given. Neural models cannot shift.',
    }),
    formant_shift: z.number().min(-12).max(12).nullable().default(null).meta({
      title: 'Formants (semitones)',
      description:
        'Above 0 the speaker seems smaller, below 0 larger. Left open, it is estimated from the voice; 0 leaves them. Neural models cannot shift.',
    }),
    strength: z.number().min(0).max(1).default(1).meta({
      description: 'How much of the way to the other voice is gone, in pitch, formants and colour.',
    }),
    denoise_input: z.boolean().default(false).meta({
      title: 'Remove noise first',
      description: 'Noise is taken for breath, and changes with the voice: take it away before.',
    }),
    preserve_timing: z.boolean().default(true).meta({
      title: 'Keep the timing',
      description:
        'To the sample. Else the recording gets the pace of the voice, within 0.75–1.33; films keep theirs.',
    }),
  })
  .refine(
    ({ target_voice_id: target, pitch_semitones: pitch, formant_shift: formants }) =>
      target !== '' || pitch !== null || formants !== null,
    { error: 'Say what to change: target_voice_id, pitch_semitones or formant_shift.' },
  )

export type VoiceChangerParameters = z.output<typeof voiceChangerParameters>

const megabyte = 1024 * 1024
const minuteMs = 60_000

export const voiceChanger: CapabilityDefinition<VoiceChangerParameters> = {
  id: 'voice-changer',
  title: 'Voice changer',
  summary:
    'Turns the voice of a recording or a video into another one, or shifts its pitch and formants. Breath, pauses, rate, channels and timing stay.',
  inputs: ['audio', 'video'],
  outputs: ['audio', 'video'],
  sound: { generated: true, speech: true },
  parameters: voiceChangerParameters,
  problemsWith: changeProblems,
  references: { voices: ['target_voice_id'] },
  limits: { maxInputBytes: 4096 * megabyte, maxInputSeconds: 4 * 3600, maxTextCharacters: 0 },
  // A slow, busy core takes the recording's length for measuring and rendering; noise removal as much again.
  deadlineMs: (inputSeconds, realTimeFactor = 1) =>
    5 * minuteMs + (inputSeconds ?? 3600) * 3000 * realTimeFactor,
  async loadHandler() {
    const { createVoiceChangerHandler } = await import('./handler')
    const { voiceChangerEngines } = await import('./engines')
    return createVoiceChangerHandler(voiceChangerEngines)
  },
}
