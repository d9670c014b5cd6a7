import { isLibraryVoice } from '../../capabilities'
import type { VoiceStatus } from '../../platform/database'
import type { AuditLog } from '../../platform/audit'
import { AppError } from '../../platform/errors'
import type { EventBus } from '../../platform/events'
import { fetchPage, invalidFields, type List, type PageQuery } from '../../platform/http'
import { newId } from '../../platform/ids'
import type { ObjectStore, SignedRequest } from '../../platform/objects'
import type { Notifier } from '../notifications'
import type { StorageModule } from '../storage'
import { removeVoiceObjects, voicePrefix, type SampleCheckJobs } from './checks'
import type { PresetVoice, PresetVoices } from './presets'
import type { VoiceFilter, VoiceRepository, VoiceRow } from './repository'
import type { AdminVoiceView, Consent, ConsentRequest, VoiceChanges, VoiceView } from './schemas'
import { consentOf, viewPreset, viewVoice } from './view'

export interface VoiceServiceOptions {
  repository: VoiceRepository
  presets: PresetVoices
  jobs: SampleCheckJobs
  objects: ObjectStore
  storage: Pick<StorageModule, 'createUpload' | 'confirmStored' | 'getOwned' | 'deleteObject'>
  events: EventBus
  audit: AuditLog
  /** Tells owners what a moderator decided. */
  notifier: Notifier
  maxPerAccount: number
}

/** Who makes a request, for the record of consent and the audit log. */
export interface Caller {
  userId: string
  ipAddress: string
}

export interface NewSample {
  name: string
  description: string
  tags: string[]
  /** Null: the standard statement, for one's own voice. */
  consent: ConsentRequest | null
}

export interface VoiceListQuery extends PageQuery, VoiceFilter {
  kind?: 'library' | 'preset' | undefined
}

/** What a person agrees to who ticks the box. */
export const standardStatement =
  'This is my own voice, or the person whose voice it is has agreed. It may be used to make speech from now on, until I withdraw it.'

const sampleUrlSeconds = 900
const path = '/api/voice-library'

export type VoiceService = ReturnType<typeof createVoiceService>

/** What the API and the web UI do with voices. Another user's voice does not exist for a user. */
export function createVoiceService(options: VoiceServiceOptions) {
  const { repository, presets, jobs, objects, storage, events, audit, notifier } = options

  async function owned(userId: string, voiceId: string): Promise<VoiceRow> {
    const voice = isLibraryVoice(voiceId) ? await repository.findOwned(voiceId, userId) : null
    if (!voice || voice.status === 'withdrawn') throw noSuchVoice()
    return voice
  }

  async function refuseTooMany(userId: string): Promise<void> {
    if ((await repository.count(userId)) < options.maxPerAccount) return
    throw new AppError('conflict', {
      message: `A library holds up to ${options.maxPerAccount} voices. Delete one that you no longer need.`,
    })
  }

  /** The spoken statement is kept with the voice, whatever becomes of the upload. */
  async function keepRecording(userId: string, voiceId: string, uploadId: string): Promise<string> {
    const upload = await storage.getOwned(userId, uploadId)
    if (!upload || (await storage.confirmStored(uploadId)) !== 'stored') {
      throw invalidFields([{ field: 'consent', message: 'There is no such recording of the consent.' }])
    }
    const key = `${voicePrefix(voiceId)}consent`
    await objects.put(key, await objects.read(upload.key), { contentType: upload.contentType })
    return key
  }

  async function consentRecord(
    caller: Caller,
    voiceId: string,
    request: ConsentRequest | null,
  ): Promise<Consent> {
    const recording = request?.recording_upload_id
    return {
      statement: request?.statement ?? standardStatement,
      given_by: request?.given_by ?? 'the owner of the account',
      given_at: new Date().toISOString(),
      account_id: caller.userId,
      ip_address: caller.ipAddress,
      recording_key: recording ? await keepRecording(caller.userId, voiceId, recording) : null,
    }
  }

  /** Takes in a voice whose sample is an upload of its own, and has it checked. */
  async function addVoice(caller: Caller, sample: NewSample, uploadId: string): Promise<VoiceView> {
    const { userId } = caller
    const id = newId()
    const checkJobId = newId()
    const consent = await consentRecord(caller, id, sample.consent)
    const { name, description, tags } = sample
    const voice = await repository.create({
      ...{ id, userId, name, description, tags, uploadId, checkJobId },
      consent: consent,
    })
    try {
      await jobs.start({ jobId: checkJobId, userId, uploadId })
    } catch (error) {
      await repository.remove(id)
      await removeVoiceObjects(objects, id)
      throw error
    }
    await audit.record({
      action: 'voice.consent_given',
      ...caller,
      details: { voice_id: id, statement: consent.statement, given_by: consent.given_by },
    })
    return viewVoice(voice)
  }

  async function list(userId: string, query: VoiceListQuery): Promise<List<VoiceView>> {
    const { kind, search, tag } = query
    const page = await fetchPage({
      url: path,
      query,
      find: (args) =>
        kind === 'preset' ? Promise.resolve([]) : repository.list(userId, { search, tag }, args),
      toItem: viewVoice,
    })
    const showPresets = kind !== 'library' && !page.has_more && query.ending_before === undefined
    const matching = showPresets ? presets.list().filter((preset) => matches(preset, query)) : []
    return { ...page, data: [...page.data, ...matching.map(viewPreset)] }
  }

  async function withdraw(caller: Caller, voiceId: string): Promise<void> {
    const { id } = await owned(caller.userId, voiceId)
    if (!(await repository.withdraw(id, caller.userId))) throw noSuchVoice()
    await events.publish('voice_withdrawn', id).catch(() => undefined)
    await removeVoiceObjects(objects, id)
    await audit.record({ action: 'voice.withdrawn', ...caller, details: { voice_id: id } })
  }

  const signed = async (key: string | null) =>
    key === null ? null : (await objects.signGet(key, { expiresInSeconds: sampleUrlSeconds })).url

  async function viewForAdmin(row: VoiceRow & { user: { username: string } }): Promise<AdminVoiceView> {
    const { recording_key: recordingKey, ...consent } = consentOf(row)
    return {
      ...viewVoice(row),
      consent,
      username: row.user.username,
      sample_url: await signed(row.sampleKey),
      consent_recording_url: await signed(recordingKey),
    }
  }

  return {
    /** The sample is there already. */
    async add(caller: Caller, sample: NewSample, uploadId: string): Promise<VoiceView> {
      await refuseTooMany(caller.userId)
      return addVoice(caller, sample, uploadId)
    },
    /** The sample follows. */
    async announce(
      caller: Caller,
      sample: NewSample,
      file: { filename: string; contentType: string; bytes: number },
    ): Promise<{ voice: VoiceView; objectId: string; signed: SignedRequest }> {
      await refuseTooMany(caller.userId)
      const upload = await storage.createUpload(caller.userId, file)
      return { voice: await addVoice(caller, sample, upload.objectId), ...upload }
    },
    list,
    async get(userId: string, voiceId: string): Promise<VoiceView> {
      const preset = presets.get(voiceId)
      return preset ? viewPreset(preset) : viewVoice(await owned(userId, voiceId))
    },
    async change(userId: string, voiceId: string, changes: VoiceChanges): Promise<VoiceView> {
      const { id } = await owned(userId, voiceId)
      await repository.describe(id, userId, changes)
      return viewVoice(await owned(userId, id))
    },
    withdraw,
    /** Where the sample can be heard. @throws AppError `conflict` while there is none. */
    async sample(userId: string, voiceId: string): Promise<{ url: string } | { path: string }> {
      const preset = presets.get(voiceId)
      if (preset) return { path: preset.samplePath }
      const { sampleKey } = await owned(userId, voiceId)
      if (sampleKey === null) {
        throw new AppError('conflict', { message: 'The sample of this voice was not accepted yet.' })
      }
      return objects.signGet(sampleKey, { expiresInSeconds: sampleUrlSeconds, contentType: 'audio/flac' })
    },

    /** For administrators: whoever the voice belongs to. */
    listForAdmin: async (query: PageQuery & { status?: VoiceStatus | undefined }) => {
      const page = await fetchPage({
        url: '/api/admin/voices',
        query,
        find: (args) => repository.listByStatus(query.status, args),
        toItem: (row) => row,
      })
      return { ...page, data: await Promise.all(page.data.map(viewForAdmin)) }
    },
    async moderate(caller: Caller, voiceId: string, decision: { approve: true } | { reason: string }) {
      const approve = 'approve' in decision
      const reason = approve ? null : decision.reason
      if (!(await repository.moderate(voiceId, approve ? 'ready' : 'rejected', reason))) {
        if (!(await repository.find(voiceId))) throw noSuchVoice()
        throw new AppError('conflict', { message: 'This voice does not wait for a moderator.' })
      }
      await audit.record({
        action: approve ? 'voice.approved' : 'voice.rejected',
        ...caller,
        details: { voice_id: voiceId, reason },
      })
      const voice = (await repository.find(voiceId))!
      await notifier.notify({
        userId: voice.userId,
        event: approve ? 'voice.approved' : 'voice.rejected',
        data: { voice_id: voiceId, name: voice.name, ...(approve ? {} : { reason }) },
        idempotencyKey: `voice:${voiceId}:moderated`,
      })
      return viewVoice(voice)
    },
  }
}

function matches(preset: PresetVoice, { search, tag }: VoiceFilter): boolean {
  if (tag !== undefined && !preset.tags.includes(tag)) return false
  const wanted = search?.toLowerCase()
  return (
    wanted === undefined ||
    [preset.name, preset.description, ...preset.tags].some((text) => text.toLowerCase().includes(wanted))
  )
}

function noSuchVoice(): AppError {
  return new AppError('not_found', { message: 'There is no such voice in your library.' })
}
