import type { CapabilityRegistry } from '../../capabilities'
import type { ModelEntry, ModelStore } from '../../inference'
import type { AuditAction, AuditLog } from '../../platform/audit'
import type { DatabaseClient, Prisma } from '../../platform/database'
import { AppError } from '../../platform/errors'
import type { EventBus } from '../../platform/events'
import { rounded, type Catalogue } from './catalogue'
import type { ChoicesCache } from './choices'
import type { AdminModel, AdminModelList, ModelChanges, Verification } from './admin-schemas'
import type { BackgroundPulls } from './pulls'
import type { ModelRepository, ModelSpeed, PullRow } from './repository'

/** Who does something, for the audit log. */
export interface Administrator {
  userId: string
  ipAddress: string
}

export interface ModelAdminOptions {
  registry: CapabilityRegistry
  store: ModelStore
  catalogue: Catalogue
  choices: ChoicesCache
  repository: ModelRepository
  pulls: BackgroundPulls
  audit: AuditLog
  events: EventBus
}

export type ModelAdmin = ReturnType<typeof createModelAdmin>

/** What administrators do with models. Every action is audited. */
export function createModelAdmin(options: ModelAdminOptions) {
  const { registry, store, catalogue, choices, repository, pulls, audit, events } = options

  async function record(
    action: AuditAction,
    by: Administrator,
    details: Prisma.InputJsonObject,
    client?: DatabaseClient,
  ): Promise<void> {
    await audit.record({ action, userId: by.userId, ipAddress: by.ipAddress, details }, client)
  }

  /** This process sees its own change with its next breath, the others when they hear of it. */
  async function announce(id: string): Promise<void> {
    await choices.reload()
    await events.publish('models_changed', id)
  }

  async function list(): Promise<AdminModelList> {
    const [pullRows, workers, speeds, outcomes] = await Promise.all([
      repository.pulls(),
      repository.workers(),
      repository.speeds(),
      repository.outcomes(),
      choices.reload(),
    ])
    const loaded = workers.flatMap(({ workerId, reportedAt, runners }) =>
      runners.flatMap(({ models }) => models.map((model) => ({ ...model, workerId, reportedAt }))),
    )
    const ids = new Set(store.list().map(({ manifest }) => manifest.id))
    return {
      object: 'list',
      url: '/api/admin/models',
      has_more: false,
      broken: store.broken.map(({ path, reason }) => ({ path, reason })),
      data: [...ids].map((id) => ({
        ...describe(id, pullRows, speeds),
        ...failureRate(outcomes.find(({ modelId }) => modelId === id)),
        loaded: loaded
          .filter((model) => model.id === id)
          .map(({ workerId, version, provider, bytes, users, loadMs, reportedAt }) => ({
            ...{ worker_id: workerId, version, provider, bytes, users, load_ms: Math.round(loadMs) },
            reported_at: reportedAt.toISOString(),
          })),
      })),
    }
  }

  function describe(
    id: string,
    pullRows: readonly (PullRow & { stalled: boolean })[],
    speeds: readonly ModelSpeed[],
  ): Omit<AdminModel, 'loaded' | 'jobs_ended' | 'failure_rate'> {
    const { manifest } = catalogue.inForce(id)
    const { capability, licence, requirements } = manifest
    return {
      ...{ id, capability, engine: manifest.engine, title: manifest.title, summary: manifest.summary },
      internal: !registry.has(capability),
      languages: manifest.languages,
      licence: { spdx: licence.spdx, commercial_use: licence.commercialUse, url: licence.url ?? null },
      requirements: { memory_mb: requirements.memoryMb, gpu: requirements.gpu },
      enabled: catalogue.isEnabled(id),
      default: catalogue.defaultOf(capability)?.manifest.id === id,
      version: manifest.version,
      chosen_version: choices.current().models.versions[id] ?? null,
      versions: versionsOf(id).map((entry) => describeVersion(entry, pullRows)),
      speeds: speeds
        .filter(({ modelId }) => modelId === id)
        .map(({ provider, realTimeFactor, jobs }) => ({
          ...{ provider, jobs, real_time_factor: rounded(realTimeFactor) },
        })),
    }
  }

  const versionsOf = (id: string): ModelEntry[] => store.list().filter(({ manifest }) => manifest.id === id)

  async function one(id: string): Promise<AdminModel> {
    store.get(id)
    const { data } = await list()
    return data.find((model) => model.id === id)!
  }

  async function change(id: string, changes: ModelChanges, by: Administrator): Promise<AdminModel> {
    const { capability } = store.get(id, changes.version ?? undefined).manifest
    const enabled = changes.enabled ?? catalogue.isEnabled(id)
    if (changes.default && !enabled) {
      throw new AppError('conflict', {
        message: `“${id}” is switched off. Switch it on to make it the default.`,
      })
    }
    await repository.transaction(async (client) => {
      const { enabled: switched, version } = changes
      await repository.choose(
        id,
        { ...(switched === undefined ? {} : { enabled: switched }), version },
        client,
      )
      if (changes.default) await repository.setDefault(capability, id, client)
      else if (changes.default === false || !enabled) await repository.clearDefault(id, client)
      await record('model.changed', by, { model: id, ...changes }, client)
    })
    await announce(id)
    return one(id)
  }

  return {
    list,
    change,

    async startPull(id: string, version: string | undefined, by: Administrator): Promise<AdminModel> {
      const { manifest } = store.newest(id, version)
      await record('model.pull_started', by, { model: id, version: manifest.version })
      await pulls.start(id, manifest.version)
      return one(id)
    },

    async cancelPull(id: string, version: string | undefined, by: Administrator): Promise<AdminModel> {
      const { manifest } = store.newest(id, version)
      if (!(await repository.requestPullCancel(id, manifest.version))) {
        throw new AppError('conflict', { message: `“${id}” is not being pulled.` })
      }
      await record('model.pull_canceled', by, { model: id, version: manifest.version })
      return one(id)
    },

    async verify(id: string, version: string | undefined, by: Administrator): Promise<Verification> {
      const { manifest } = store.get(id, version)
      const problems = await store.verify(id, manifest.version)
      await record('model.verified', by, { model: id, version: manifest.version, problems })
      return { id, version: manifest.version, in_order: problems.length === 0, problems }
    },

    async remove(id: string, version: string | undefined, by: Administrator): Promise<void> {
      await store.remove(id, version)
      await repository.transaction(async (client) => {
        await repository.forgetVersion(id, version, client)
        await record('model.removed', by, { model: id, version: version ?? null }, client)
      })
      await announce(id)
    },

    async add(manifest: unknown, by: Administrator): Promise<AdminModel> {
      const { id, version } = (await store.add(manifest)).manifest
      await record('model.added', by, { model: id, version })
      return one(id)
    },
  }
}

function describeVersion(
  entry: ModelEntry,
  pullRows: readonly (PullRow & { stalled: boolean })[],
): AdminModel['versions'][number] {
  const { id, version } = entry.manifest
  const pull = pullRows.find((row) => row.modelId === id && row.version === version)
  return {
    version,
    installed: entry.installed(),
    starter: entry.starter,
    added: entry.added,
    bytes: entry.bytes(),
    pull: pull ? describePull(pull) : null,
  }
}

function describePull(row: PullRow & { stalled: boolean }): AdminModel['versions'][number]['pull'] {
  const stopped = { code: 'unavailable', message: 'The process that pulled it ended. Pull again to go on.' }
  return {
    status: row.stalled ? 'failed' : row.status,
    file: row.file,
    received_bytes: Number(row.receivedBytes),
    total_bytes: row.totalBytes === null ? null : Number(row.totalBytes),
    error: row.stalled
      ? stopped
      : row.errorCode === null
        ? null
        : { code: row.errorCode, message: row.errorMessage ?? '' },
    started_at: row.startedAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}

function failureRate({ jobs, failed }: { jobs: number; failed: number } = { jobs: 0, failed: 0 }) {
  return { jobs_ended: jobs, failure_rate: jobs === 0 ? null : rounded(failed / jobs) }
}
