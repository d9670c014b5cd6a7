import type { Database, DatabaseClient, ModelPullModel } from '../../platform/database'
import type { ModelChoices } from '../../inference'
import { newId } from '../../platform/ids'
import type { RunnerUsage } from '../../runner'

/** What an administrator chose for a model. */
export interface ModelChoice {
  enabled: boolean
  /** Null = the newest that is installed. */
  version: string | null
}

/** How fast a model runs on a provider, by the jobs of late. */
export interface ModelSpeed {
  modelId: string
  provider: string
  jobs: number
  /** Inference seconds for each second of input. */
  realTimeFactor: number
  /** Seconds from claim to result for each second of input. */
  processingFactor: number
}

/** What a worker is, written with every report. */
export interface WorkerFacts {
  host: string
  pid: number
  cpus: number
  memoryBytes: number
  /** In order of preference. */
  executionProviders: readonly string[]
  capabilities: readonly string[]
  concurrency: number
  /** ISO 8601. */
  startedAt: string
}

export interface WorkerReport {
  workerId: string
  reportedAt: Date
  facts: WorkerFacts
  runners: RunnerUsage[]
}

export type PullRow = ModelPullModel

/** How much of a model's past counts beside the job that has just been completed. */
const fading = 0.9
/** A running pull whose row has stood still for this long belongs to a process that died. */
const deadPullSeconds = 20
/** A worker that has not reported for this long is gone. */
const silentWorkerSeconds = 60
/** How far the failure rate of a model looks back. */
const outcomeDays = 30

export type ModelRepository = ReturnType<typeof createModelRepository>

/** The tables of the models module. Times are compared by the database's clock. */
export function createModelRepository(database: Database) {
  return {
    transaction: <T>(work: (client: DatabaseClient) => Promise<T>): Promise<T> => database.$transaction(work),

    async choices(): Promise<Omit<ModelChoices, 'nonCommercial'>> {
      const [settings, defaults] = await Promise.all([
        database.modelSetting.findMany(),
        database.modelDefault.findMany(),
      ])
      const versions = settings.flatMap(({ modelId, version }) =>
        version === null ? [] : [[modelId, version]],
      )
      return {
        versions: Object.fromEntries(versions) as Record<string, string>,
        disabled: settings.filter(({ enabled }) => !enabled).map(({ modelId }) => modelId),
        defaults: Object.fromEntries(defaults.map(({ capability, modelId }) => [capability, modelId])),
      }
    },
    choose: async (modelId: string, choice: Partial<ModelChoice>, client: DatabaseClient) => {
      await client.modelSetting.upsert({
        where: { modelId },
        create: { modelId, ...choice },
        update: choice,
      })
    },
    setDefault: async (capability: string, modelId: string, client: DatabaseClient) => {
      await client.modelDefault.upsert({
        where: { capability },
        create: { capability, modelId },
        update: { modelId },
      })
    },
    clearDefault: async (modelId: string, client: DatabaseClient) => {
      await client.modelDefault.deleteMany({ where: { modelId } })
    },
    /** What is gone cannot be chosen. `version` undefined: all versions. */
    forgetVersion: async (modelId: string, version: string | undefined, client: DatabaseClient) => {
      const where = { modelId, version: version ?? { not: null } }
      await client.modelSetting.updateMany({ where, data: { version: null } })
    },

    /** The speed on the provider that was used last comes first. */
    async speeds(): Promise<ModelSpeed[]> {
      const rows = await database.modelSpeed.findMany({ orderBy: { updatedAt: 'desc' } })
      return rows.map(({ modelId, provider, jobs, inputSeconds, inferenceSeconds, processingSeconds }) => ({
        modelId,
        provider,
        jobs,
        realTimeFactor: inferenceSeconds / inputSeconds,
        processingFactor: processingSeconds / inputSeconds,
      }))
    },
    async learnSpeed(
      model: { id: string; provider: string },
      job: { inputSeconds: number; inferenceSeconds: number; processingSeconds: number },
    ): Promise<void> {
      await database.$executeRaw`
        INSERT INTO model_speeds AS known
          (model_id, provider, jobs, input_seconds, inference_seconds, processing_seconds)
        VALUES (${model.id}, ${model.provider}, 1, ${job.inputSeconds}, ${job.inferenceSeconds}, ${job.processingSeconds})
        ON CONFLICT (model_id, provider) DO UPDATE SET
          jobs = known.jobs + 1,
          input_seconds = known.input_seconds * ${fading} + excluded.input_seconds,
          inference_seconds = known.inference_seconds * ${fading} + excluded.inference_seconds,
          processing_seconds = known.processing_seconds * ${fading} + excluded.processing_seconds,
          updated_at = now()`
    },

    /** Takes the pull of a model's version for this process. Null where another process is at it. */
    async claimPull(modelId: string, version: string): Promise<string | null> {
      const rows = await database.$queryRaw<{ run_id: string }[]>`
        INSERT INTO model_pulls AS known (model_id, version, run_id, status)
        VALUES (${modelId}, ${version}, ${newId()}::uuid, 'running')
        ON CONFLICT (model_id, version) DO UPDATE SET
          run_id = excluded.run_id, status = 'running', file = NULL, received_bytes = 0, total_bytes = NULL,
          error_code = NULL, error_message = NULL, cancel_requested = false, started_at = now(), updated_at = now()
        WHERE known.status <> 'running' OR known.updated_at < now() - make_interval(secs => ${deadPullSeconds})
        RETURNING run_id::text`
      return rows[0]?.run_id ?? null
    },
    /** Says that the pull lives. `lost`: another process has it by now. */
    async reportPull(
      runId: string,
      progress: { file: string | null; receivedBytes: number; totalBytes: number | null },
    ): Promise<'going-on' | 'canceled' | 'lost'> {
      const rows = await database.$queryRaw<{ canceled: boolean }[]>`
        UPDATE model_pulls SET file = ${progress.file}, received_bytes = ${progress.receivedBytes},
          total_bytes = ${progress.totalBytes}, updated_at = now()
        WHERE run_id = ${runId}::uuid AND status = 'running'
        RETURNING cancel_requested AS canceled`
      if (rows.length === 0) return 'lost'
      return rows[0]!.canceled ? 'canceled' : 'going-on'
    },
    async finishPull(
      runId: string,
      outcome: { status: 'completed' | 'canceled' } | { status: 'failed'; code: string; message: string },
    ): Promise<void> {
      const error =
        outcome.status === 'failed' ? { errorCode: outcome.code, errorMessage: outcome.message } : {}
      await database.modelPull.updateMany({
        where: { runId, status: 'running' },
        data: { status: outcome.status, ...error, updatedAt: new Date() },
      })
    },
    requestPullCancel: async (modelId: string, version: string) =>
      (
        await database.modelPull.updateMany({
          where: { modelId, version, status: 'running' },
          data: { cancelRequested: true },
        })
      ).count > 0,
    /** Rows of dead processes are shown as what they are: no longer running. */
    pulls: () =>
      database.$queryRaw<(PullRow & { stalled: boolean })[]>`
        SELECT model_id AS "modelId", version, run_id AS "runId", status, file, received_bytes AS "receivedBytes",
               total_bytes AS "totalBytes", error_code AS "errorCode", error_message AS "errorMessage",
               cancel_requested AS "cancelRequested", started_at AS "startedAt", updated_at AS "updatedAt",
               status = 'running' AND updated_at < now() - make_interval(secs => ${deadPullSeconds}) AS stalled
        FROM model_pulls`,

    async reportWorker(workerId: string, facts: WorkerFacts, runners: RunnerUsage[]): Promise<void> {
      await database.$executeRaw`
        INSERT INTO worker_reports (worker_id, facts, runners)
        VALUES (${workerId}, ${JSON.stringify(facts)}::jsonb, ${JSON.stringify(runners)}::jsonb)
        ON CONFLICT (worker_id) DO UPDATE SET runners = excluded.runners, reported_at = now()`
      await database.$executeRaw`
        DELETE FROM worker_reports WHERE reported_at < now() - make_interval(secs => ${silentWorkerSeconds})`
    },
    /** How many jobs of each model ended of late, and how many of these by an error. */
    outcomes: () =>
      database.$queryRaw<{ modelId: string; jobs: number; failed: number }[]>`
        SELECT model_id AS "modelId", count(*)::int AS jobs, (count(*) FILTER (WHERE status = 'failed'))::int AS failed
        FROM audio_processing_jobs
        WHERE status IN ('completed', 'failed') AND completed_at > now() - make_interval(days => ${outcomeDays})
        GROUP BY model_id`,
    forgetWorker: async (workerId: string) => {
      await database.workerReport.deleteMany({ where: { workerId } })
    },
    async workers(): Promise<WorkerReport[]> {
      return database.$queryRaw<WorkerReport[]>`
        SELECT worker_id AS "workerId", reported_at AS "reportedAt", facts, runners FROM worker_reports
        WHERE reported_at >= now() - make_interval(secs => ${silentWorkerSeconds}) ORDER BY worker_id`
    },
  }
}
