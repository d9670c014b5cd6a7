import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { availableParallelism, hostname, totalmem } from 'node:os'
import path from 'node:path'
import { createFfmpeg } from './audio/ffmpeg'
import { masterFile } from './audio/mastering'
import { createDefaultRegistry, type CapabilityRegistry } from './capabilities'
import type { Config } from './config'
import { createModelStore } from './inference'
import { createHealthChecks } from './health-checks'
import { deriveKey, type Installation } from './installation'
import { createAdminModule } from './modules/admin'
import { installationMark } from './installation-mark'
import {
  configuredGateways,
  createBillingModule,
  createPaymentGateways,
  createPaymentsModule,
} from './modules/billing'
import { createJobsModule, createProcessor, type JobFinished } from './modules/jobs'
import { createKeysModule } from './modules/keys'
import { createModelsModule, createModelsWorker } from './modules/models'
import { createNotificationsModule, deriveVapidKeys } from './modules/notifications'
import { createOpenAiModule } from './modules/openai'
import { createStorageModule } from './modules/storage'
import { createDictionariesModule, createDictionaryLookup } from './modules/dictionaries'
import { createTranscriptsModule } from './modules/transcripts'
import { createAccessTokens, createPersonalDataModule, createUsersModule } from './modules/users'
import { createPresetVoices, createVoiceLookup, createVoicesModule } from './modules/voices'
import { personalDataSources } from './personal-data-sources'
import { createAuditLog } from './platform/audit'
import { createCounterStore } from './platform/cache'
import { createDatabase, type DatabaseClient } from './platform/database'
import { createEventBus } from './platform/events'
import { createIdempotencyStore } from './platform/http'
import type { Logger } from './platform/logger'
import { createMailer } from './platform/mail'
import { createMetrics, type Metrics } from './platform/metrics'
import { createObjectStore } from './platform/objects'
import { createJobQueues, createQueueConsumers } from './platform/queue'
import { createBackgroundTasks } from './platform/queue/tasks'
import { createSeal } from './platform/seal'
import { createRunnerPool } from './runner'

export interface ContainerOptions {
  config: Config
  installation: Pick<Installation, 'databaseUrl' | 'secret'>
  logger: Logger
  /** Default: the product's own capabilities. */
  registry?: CapabilityRegistry | undefined
}

/** What both roles stand on. */
async function createFoundation(options: ContainerOptions, maxConnections: number) {
  const { config, installation, logger, registry = createDefaultRegistry() } = options
  const { databaseUrl, secret } = installation
  const database = createDatabase({ url: databaseUrl, maxConnections })
  const events = createEventBus({ databaseUrl, redisUrl: config.REDIS_URL, logger })
  const objects = createObjectStore(config, deriveKey(secret, 'storage addresses'))
  const storage = createStorageModule({ database, objects, config, logger })
  const modelStore = await createModelStore({
    modelsDir: path.join(config.rootDir, 'models'),
    dataDir: config.dataDir,
    mirror: config.TIMBRE_MODEL_MIRROR,
  })
  for (const { path: file, reason } of modelStore.broken) {
    logger.error({ file, reason }, 'manifest left out')
  }
  const ffmpeg = createFfmpeg({ ffmpegPath: config.FFMPEG_PATH })
  const presets = createPresetVoices(modelStore)
  const resources = {
    voices: createVoiceLookup(database, presets),
    dictionaries: createDictionaryLookup(database),
  }
  const workDir = path.join(config.dataDir, 'work')
  mkdirSync(workDir, { recursive: true })
  const metrics = createMetrics()
  const queue = { databaseUrl, redisUrl: config.REDIS_URL, logger }
  return {
    config,
    logger,
    database,
    events,
    objects,
    storage,
    registry,
    modelStore,
    presets,
    resources,
    ffmpeg,
    workDir,
    metrics,
    queue,
  }
}

export type ServerContainer = Awaited<ReturnType<typeof createServerContainer>>

/** The server's modules, wired. Nothing is started and nothing listens yet. */
export async function createServerContainer(options: ContainerOptions) {
  const foundation = await createFoundation(options, 16)
  const { config, logger, database, events, objects, storage, registry, modelStore, ffmpeg, workDir, queue } =
    foundation
  const { secret } = options.installation
  const counters = createCounterStore({ redisUrl: config.REDIS_URL, logger })
  const audit = createAuditLog({ database })
  const tasks = createBackgroundTasks(queue)
  const mailer = createMailer({ smtpUrl: config.SMTP_URL, from: config.MAIL_FROM, database })
  const notifications = createNotificationsModule({
    database,
    tasks,
    mailer,
    seal: createSeal(deriveKey(secret, 'notifications')),
    vapidKeys: config.vapidKeys ?? deriveVapidKeys(deriveKey(secret, 'web push')),
    vapidSubject: `mailto:${/[^\s<>]+@[^\s<>]+/.exec(config.MAIL_FROM)?.[0] ?? 'timbre@localhost'}`,
    privateNetworks: config.WEBHOOK_PRIVATE_NETWORKS,
    appName: 'Timbre',
    publicUrl: config.publicUrl,
    logger,
  })
  const gateways = createPaymentGateways(configuredGateways(config))
  const billing = createBillingModule({
    database,
    gateways: gateways.list,
    audit,
    notifier: notifications,
    tax: {
      name: config.TAX_NAME,
      basisPoints: Math.round(config.TAX_PERCENT * 100),
      inclusive: config.TAX_INCLUSIVE,
    },
    seller: {
      name: config.SELLER_NAME,
      address: config.SELLER_ADDRESS?.split('|').map((line) => line.trim()) ?? [],
      taxId: config.SELLER_TAX_ID ?? null,
    },
    lowSeconds: config.LOW_MINUTES * 60,
    expiryNoticeDays: config.EXPIRY_NOTICE_DAYS,
  })
  const payments = createPaymentsModule({
    database,
    ledger: billing.ledger,
    gateways,
    notifier: notifications,
    audit,
    tasks,
    publicUrl: config.publicUrl,
    tax: billing.plans.tax,
    mayBuy: (userId) => users.requireVerifiedEmail(userId),
    logger,
  })
  const grantFreeMinutes = async (userId: string, client: DatabaseClient) => {
    const seconds = config.SIGNUP_FREE_MINUTES * 60
    if (seconds === 0) return
    await billing.grant(
      { userId, seconds, idempotencyKey: `signup:${userId}`, note: 'Free minutes at sign-up' },
      client,
    )
  }
  const users = await createUsersModule({
    database,
    config,
    accessTokens: await createAccessTokens({ secret: deriveKey(secret, 'access tokens') }),
    counters,
    audit,
    secret: deriveKey(secret, 'accounts'),
    notifier: notifications,
    logger,
    beforeDeletion: (userId, ipAddress) => payments.subscriptions.endAll(userId, ipAddress),
    onRegistered: async (userId, client) => {
      if (!config.REQUIRE_VERIFIED_EMAIL) await grantFreeMinutes(userId, client)
    },
    onVerified: async (userId, client) => {
      if (config.REQUIRE_VERIFIED_EMAIL) await grantFreeMinutes(userId, client)
    },
  })
  const models = await createModelsModule({
    registry,
    store: modelStore,
    database,
    events,
    audit,
    logger,
    nonCommercial: config.NON_COMMERCIAL_MODELS,
    limits: { maxInputBytes: storage.maxBytes, maxInputSeconds: config.AUDIO_MAX_MINUTES * 60 },
  })
  const queues = createJobQueues({ ...queue, names: registry.list().map(({ id }) => id) })
  const transcripts = createTranscriptsModule({ database, objects })
  const dictionaries = createDictionariesModule({ database })
  const keys = createKeysModule({
    database,
    events,
    audit,
    logger,
    capabilities: registry.list().flatMap(({ id, internal }) => (internal ? [] : [id])),
    publicUrl: config.publicUrl,
  })
  const jobs = createJobsModule({
    database,
    queues,
    events,
    objects,
    storage,
    billing,
    models,
    transcripts,
    notifier: notifications,
    registry,
    resources: foundation.resources,
    spending: keys.spending,
    mayStart: (userId) => users.requireVerifiedEmail(userId),
    convert: (input, output, settings, sound) => masterFile(ffmpeg, input, output, settings, sound),
    workDir,
    maxAttempts: config.JOB_ATTEMPTS,
    logger,
  })
  const voices = createVoicesModule({
    database,
    events,
    objects,
    storage,
    presets: foundation.presets,
    jobs: jobs.internal('voice-sample'),
    audit,
    notifier: notifications,
    logger,
    moderation: config.VOICE_MODERATION,
    maxPerAccount: config.VOICES_PER_ACCOUNT,
  })
  const admin = createAdminModule({
    ...{ database, audit, users, billing, jobs, models, queues },
    health: createHealthChecks({
      ...{ database, queues, objects, mailer, gateways, ffmpeg, modelStore, models },
      dataDir: config.dataDir,
    }),
  })
  const idempotency = {
    store: createIdempotencyStore({ database }),
    secret: deriveKey(secret, 'idempotency'),
  }
  const openAi = createOpenAiModule({
    jobs,
    models,
    storage,
    transcripts,
    voices: foundation.resources.voices,
    objects,
    ffmpeg,
    idempotency,
    workDir,
    balanceOf: async (userId) => (await users.accountStatus(userId)).seconds_remaining,
    left: keys.spending.left,
  })
  const personalData = createPersonalDataModule({
    database,
    audit,
    logger,
    sources: personalDataSources({
      ...{ database, objects, events },
      isPaid: (jobId) => billing.isPaid(jobId),
    }),
  })
  return {
    ...foundation,
    counters,
    idempotency,
    billing,
    payments,
    users,
    personalData,
    keys,
    models,
    queues,
    tasks,
    mailer,
    notifications,
    transcripts,
    dictionaries,
    jobs,
    voices,
    openAi,
    admin,
    async close() {
      await Promise.allSettled([tasks.close(), voices.close(), jobs.close(), models.close()])
      await notifications.close()
      await Promise.allSettled([queues.close(), events.close(), counters.close()])
      mailer.close()
      await keys.close()
      await database.$disconnect()
    },
  }
}

export interface WorkerOptions extends ContainerOptions {
  /** Capabilities to serve; all where none are named. */
  capabilities?: readonly string[] | undefined
  /** Program of the runner processes. */
  runnerEntry: string
}

export type WorkerContainer = Awaited<ReturnType<typeof createWorkerContainer>>

/** The worker's modules, wired. */
export async function createWorkerContainer(options: WorkerOptions) {
  const foundation = await createFoundation(options, options.config.workerConcurrency + 3)
  const { config, logger, database, events, objects, storage, registry, ffmpeg, workDir, metrics, queue } =
    foundation
  const names = options.capabilities?.map((id) => registry.get(id).id) ?? registry.list().map(({ id }) => id)
  const workerId = randomUUID()
  const runners = createRunnerPool({
    size: config.workerConcurrency,
    entry: options.runnerEntry,
    environment: config.environment,
    settings: {
      modelsDir: path.join(config.rootDir, 'models'),
      dataDir: config.dataDir,
      binaries: ffmpeg.binaries,
      executionProviders: config.EXECUTION_PROVIDERS,
      modelMemoryBytes: config.MODEL_MEMORY_MB * 1024 * 1024,
      warm: names,
      translationServer: config.translationServer,
      watermark: config.WATERMARK ? installationMark(options.installation.secret) : undefined,
    },
    onLog: (level, details, message) => logger[level](details, message),
  })
  const models = await createModelsWorker({
    nonCommercial: config.NON_COMMERCIAL_MODELS,
    database,
    events,
    runners,
    workerId,
    facts: {
      host: hostname(),
      pid: process.pid,
      cpus: availableParallelism(),
      memoryBytes: totalmem(),
      executionProviders: config.EXECUTION_PROVIDERS,
      capabilities: names,
      concurrency: config.workerConcurrency,
      startedAt: new Date().toISOString(),
    },
    logger,
  })
  const maxInputSeconds = config.AUDIO_MAX_MINUTES * 60
  const processor = createProcessor({
    workerId,
    database,
    events,
    objects,
    storage,
    runners: models.runners,
    concurrency: config.workerConcurrency,
    registry,
    resources: foundation.resources,
    workDir,
    previewSeconds: config.PREVIEW_SECONDS || maxInputSeconds,
    maxInputSeconds,
    maxAttempts: config.JOB_ATTEMPTS,
    logger,
    onFinished: (run) => {
      recordRun(metrics, run)
      models.learn(run)
    },
  })
  const consumers = createQueueConsumers({
    ...queue,
    names,
    concurrency: config.workerConcurrency,
    handle: (capability, id) => processor.handle(capability, id),
  })
  return { ...foundation, workerId, names, runners, models, processor, consumers }
}

function recordRun(metrics: Metrics, { capability, status, result }: JobFinished): void {
  metrics.jobsFinished.inc({ capability, status })
  if (!result) return
  const { timingsMs, realTimeFactor, provider, model } = result.report
  for (const [stage, ms] of Object.entries(timingsMs)) {
    metrics.jobStageSeconds.observe({ capability, stage }, ms / 1000)
  }
  metrics.realTimeFactor.observe({ capability, model: model.id, provider }, realTimeFactor)
}
