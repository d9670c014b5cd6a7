import { send } from './client'
import type { UploadTicket, VoicePage, VoiceView } from './types'
import { sendBytes, type UploadHooks } from './upload'

const libraryPath = '/api/voice-library'
const voicePath = (id: string) => `${libraryPath}/${encodeURIComponent(id)}`

export interface NewVoice {
  name: string
  tags: string[]
  /** In the words that were agreed to, and by whom. */
  consent: { statement: string; given_by: string }
}

/** Asks where to send the sample, and sends it; the voice is checked as soon as it is there. */
export async function addVoice(file: File, voice: NewVoice, hooks: UploadHooks): Promise<VoiceView> {
  const answer = await send<{ voice: VoiceView; upload: UploadTicket }>(`${libraryPath}/upload-sample`, {
    method: 'POST',
    body: {
      voice_name: voice.name,
      tags: voice.tags,
      consent: voice.consent,
      filename: file.name,
      content_type: file.type || 'application/octet-stream',
      bytes: file.size,
    },
    signal: hooks.signal,
  })
  try {
    await sendBytes(file, answer.upload, hooks)
  } catch (error) {
    // Without its sample it would wait for hours.
    await deleteVoice(answer.voice.id).catch(() => undefined)
    throw error
  }
  return answer.voice
}

export async function changeVoice(id: string, changes: { name: string; tags: string[] }): Promise<void> {
  await send(voicePath(id), { method: 'PATCH', body: changes })
}

export async function deleteVoice(id: string): Promise<void> {
  await send(voicePath(id), { method: 'DELETE' })
}

/** Voices that can be chosen; as many as a menu can hold. */
export async function readVoices(signal: AbortSignal): Promise<VoiceView[]> {
  const page = await send<VoicePage>(`${libraryPath}?limit=100`, { signal })
  return page.data.filter(({ status }) => status === 'ready')
}

/** Names of the pronunciation dictionaries that can be chosen. */
export async function readDictionaries(signal: AbortSignal): Promise<{ id: string; name: string }[]> {
  const page = await send<{ data: { id: string; name: string }[] }>('/api/dictionaries?limit=100', { signal })
  return page.data
}

export function samplePath(id: string): string {
  return `${voicePath(id)}/sample`
}
