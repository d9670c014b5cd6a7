import path from 'node:path'
import type {
  CapabilityDefinition,
  CapabilityRegistry,
  Pronunciation,
  ResourceReferences,
  TaskResources,
  TaskVoice,
} from '../../capabilities'
import { AppError } from '../../platform/errors'
import type { ObjectStore } from '../../platform/objects'
import type { VoiceLookup } from '../voices'
import type { EarlierJobs } from './earlier-jobs'

/** Where the pronunciations of a user's dictionary come from; null where it is not theirs. */
export interface DictionaryLookup {
  resolve(userId: string, id: string): Promise<{ entries: readonly Pronunciation[] } | null>
}

export interface TaskResourcesOptions {
  voices: VoiceLookup
  dictionaries: DictionaryLookup
}

interface Request {
  userId: string
  parameters: Record<string, unknown>
}

/** What the API or a worker adds to where voices and dictionaries come from. */
type Lookups = TaskResourcesOptions & { earlierJobs: EarlierJobs }

/** The ids that parameters hold, by the names that the capability gives for them. */
function idsIn(parameters: Record<string, unknown>, names: readonly string[] = []): Map<string, string> {
  const named = names.flatMap((name) => {
    const id = parameters[name]
    return typeof id === 'string' && id !== '' ? [[name, id] as const] : []
  })
  return new Map(named)
}

/** The API's side: what a job names must be the user's own, or everybody's. */
export function createReferenceCheck({ voices, dictionaries, earlierJobs }: Lookups) {
  /**
   * @param request with the upload that is worked on, if it is there already
   * @throws AppError `invalid_parameter` that names every parameter whose voice, dictionary or job cannot be used
   */
  return async function check(
    capability: CapabilityDefinition,
    request: Request & { uploadId: string | null },
  ): Promise<void> {
    const { userId, parameters, uploadId } = request
    const fields: { path: string; message: string }[] = []
    for (const [name, id] of idsIn(parameters, capability.references?.voices)) {
      const found = await voices.find(userId, id)
      if (found.state === 'unusable') fields.push({ path: name, message: found.reason })
    }
    for (const [name, id] of idsIn(parameters, capability.references?.dictionaries)) {
      if (!(await dictionaries.resolve(userId, id))) fields.push({ path: name, message: noSuchDictionary })
    }
    const { earlier } = capability.references ?? {}
    for (const [name, jobId] of idsIn(parameters, earlier && [earlier.parameter])) {
      const refusal = await earlierJobs.refusal({ userId, jobId, capability: capability.id, uploadId })
      if (refusal !== null) fields.push({ path: name, message: refusal })
    }
    if (fields.length === 0) return
    throw new AppError('invalid_parameter', {
      message: fields.map((field) => `${field.path}: ${field.message}`).join('; '),
      details: { fields },
    })
  }
}

export type ReferenceCheck = ReturnType<typeof createReferenceCheck>

/** The worker's side: what a job names is fetched before it begins. */
export interface ResourceFetcher {
  /** @throws AppError `voice_withdrawn`, or `gone` for a dictionary, where that happened since the job was made. */
  fetch(job: Request & { capability: string }, folder: string, signal: AbortSignal): Promise<TaskResources>
  /** Why a job with these resources must not go on; null where nothing was withdrawn meanwhile. */
  withdrawn(userId: string, resources: TaskResources): Promise<AppError | null>
}

export function createResourceFetcher(
  options: Lookups & { objects: ObjectStore; registry: CapabilityRegistry },
): ResourceFetcher {
  const { voices, dictionaries, earlierJobs, objects, registry } = options

  async function fetchVoice(userId: string, id: string, file: string, signal: AbortSignal) {
    const found = await voices.find(userId, id)
    if (found.state === 'unusable') throw new AppError('voice_withdrawn', { message: found.reason })
    if (found.state === 'unknown') return []
    const { name, sample, profile } = found.voice
    const samplePath = 'path' in sample ? sample.path : file
    if ('key' in sample) {
      await objects.getFile(sample.key, file, signal).catch((error: unknown) => {
        if (!(error instanceof AppError) || error.code !== 'not_found') throw error
        throw withdrawnError(name)
      })
    }
    return [[id, { id, name, samplePath, profile } satisfies TaskVoice] as const]
  }

  async function fetchEarlier(
    { userId, parameters }: Request,
    wanted: ResourceReferences['earlier'],
    folder: string,
    signal: AbortSignal,
  ) {
    const [jobId] = idsIn(parameters, wanted && [wanted.parameter]).values()
    if (!wanted || jobId === undefined) return undefined
    return earlierJobs.fetch({ userId, jobId, artifacts: wanted.artifacts, folder, signal })
  }

  return {
    async fetch({ userId, capability, parameters }, folder, signal) {
      const { references } = registry.get(capability)
      const voiceIds = [...new Set(idsIn(parameters, references?.voices).values())]
      const found = await Promise.all(
        voiceIds.map((id, index) => fetchVoice(userId, id, path.join(folder, `voice-${index}.flac`), signal)),
      )
      const dictionaryIds = [...new Set(idsIn(parameters, references?.dictionaries).values())]
      const entries = dictionaryIds.map(async (id) => {
        const dictionary = await dictionaries.resolve(userId, id)
        if (!dictionary) throw new AppError('gone', { message: noSuchDictionary })
        return [id, dictionary.entries] as const
      })
      return {
        voices: Object.fromEntries(found.flat()),
        dictionaries: Object.fromEntries(await Promise.all(entries)),
        earlier: await fetchEarlier({ userId, parameters }, references?.earlier, folder, signal),
      }
    },
    async withdrawn(userId, resources) {
      for (const { id, name } of Object.values(resources.voices)) {
        if ((await voices.find(userId, id)).state === 'unusable') return withdrawnError(name)
      }
      return null
    },
  }
}

export function withdrawnError(name: string): AppError {
  return new AppError('voice_withdrawn', {
    message: `The voice “${name}” was withdrawn. Choose another voice and start the job again.`,
  })
}

const noSuchDictionary = 'There is no such pronunciation dictionary. It may have been deleted.'
