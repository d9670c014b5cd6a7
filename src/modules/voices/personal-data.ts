import type { Database } from '../../platform/database'
import type { EventBus } from '../../platform/events'
import type { ObjectStore } from '../../platform/objects'
import type { PersonalData } from '../../platform/personal-data'
import { removeVoiceObjects } from './checks'

export interface VoicePersonalDataOptions {
  database: Database
  events: Pick<EventBus, 'publish'>
  objects: ObjectStore
}

/** Voices: their samples, and who consented to what. */
export function createVoicePersonalData({
  database,
  events,
  objects,
}: VoicePersonalDataOptions): PersonalData {
  return {
    async *export(userId) {
      const rows = await database.voice.findMany({ where: { userId }, orderBy: { id: 'asc' } })
      yield {
        name: 'voices.json',
        json: rows.map((row) => ({ ...row, sampleKey: undefined, checkJobId: undefined })),
      }
      for (const { id, sampleKey } of rows) {
        const stored = sampleKey ? await objects.stat(sampleKey) : null
        if (!sampleKey || !stored) continue
        const name = `voices/${id}/${sampleKey.slice(sampleKey.lastIndexOf('/') + 1)}`
        yield { name, bytes: stored.bytes, open: () => objects.read(sampleKey) }
      }
    },
    async erase(userId) {
      const rows = await database.voice.findMany({ where: { userId }, select: { id: true } })
      for (const { id } of rows) {
        await database.voice.deleteMany({ where: { id } })
        await events.publish('voice_withdrawn', id).catch(() => undefined)
        await removeVoiceObjects(objects, id)
      }
    },
  }
}
