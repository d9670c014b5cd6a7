import { masterFile } from './audio/mastering'
import { createHealthChecks } from './health-checks'
import { deriveKey } from './installation'
import { createAdminModule } from './modules/admin'
import {
  configuredGateways,
  createBillingModule,
  createPaymentGateways,
  createPaymentsModule,
} from './modules/billing'
import { createJobsModule } from './modules/jobs'
import { createKeysModule } from './modules/keys'
import { createModelsModule } from './modules/models'
import { createNotificationsModule, deriveVapidKeys } from './modules/notifications'
import { createOpenAiModule } from './modules/openai'
import { createDictionariesModule } from './modules/dictionaries'
import { createTranscriptsModule } from './modules/transcripts'
import { createAccessTokens, createPersonalDataModule, createUsersModule } from './modules/users'
import { createVoicesModule } from './modules/voices'
import { personalDataSources } from './personal-data-sources'
import { createAuditLog } from './platform/audit'
import { createCounterStore } from './platform/cache'
import type { DatabaseClient } from './platform/database'
import { createIdempotencyStore } from './platform/http'
import { createMailer } from './platform/mail'
import { createJobQueues } from './platform/queue'
import { createBackgroundTasks } from './platform/queue/tasks'
import { createSeal } from './platform/seal'
import { createFoundation, type ContainerOptions } from './foundation'

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
