import type { FastifyRequest } from 'fastify'
import type { ServerContainer } from './container'
import { AppError } from './platform/errors'
import { webhookEvents } from './modules/notifications'
import { standardStatement } from './modules/voices'
import { cookieValue, pageQuerySchema, sessionCookieName } from './platform/http'
import { createAccountSecurity } from './web-security'
import type { WebLoadContext } from './web-ui'

/** What the pages may do, on behalf of whoever asks: services behind one narrow door, never the database. */
export function createLoadContext(container: ServerContainer, version: string) {
  const { admin, billing, config, keys, users, models, jobs, notifications, payments, storage, voices } =
    container

  return function loadContext(request: FastifyRequest): WebLoadContext {
    const origin = { ipAddress: request.ip, userAgent: request.headers['user-agent'] ?? null }
    const { principal } = request
    const signedIn = () => {
      if (!principal) throw new AppError('not_authenticated')
      if (principal.setupOnly) throw new AppError('mfa_setup_required')
      return principal.userId
    }
    return {
      principal,
      appName: 'Timbre',
      version,
      signupEnabled: config.SIGNUP_ENABLED,
      freeMinutes: config.SIGNUP_FREE_MINUTES,
      maxUploadBytes: storage.maxBytes,
      previewSeconds: config.PREVIEW_SECONDS,
      async account() {
        if (!principal) return null
        const [profile, status, unread] = await Promise.all([
          users.profile(principal.userId),
          users.accountStatus(principal.userId),
          notifications.service.countUnread(principal.userId),
        ])
        return {
          username: profile.username,
          email: profile.email,
          role: profile.role,
          secondsRemaining: status.seconds_remaining,
          paid: status.paid_status === 'paid',
          unread,
        }
      },
      capabilities: () => models.describe(),
      listJobs: ({ limit, startingAfter, capability, status }) =>
        jobs.service.list(signedIn(), {
          ...pageQuerySchema.parse({ limit, starting_after: startingAfter }),
          capability,
          status,
        }),
      listVoices: ({ limit, startingAfter, search, tag }) =>
        voices.service.list(signedIn(), {
          ...pageQuerySchema.parse({ limit, starting_after: startingAfter }),
          search,
          tag,
        }),
      consentStatement: standardStatement,
      plans: () => billing.plans.forSale(),
      listTransactions: ({ limit, startingAfter }) =>
        billing.ownTransactions(signedIn(), pageQuerySchema.parse({ limit, starting_after: startingAfter })),
      listSubscriptions: () => payments.subscriptions.list(signedIn()),
      listMinutes: ({ limit, startingAfter }) =>
        billing.ownEntries(signedIn(), pageQuerySchema.parse({ limit, starting_after: startingAfter })),
      listNotifications: async ({ limit, startingAfter }) => {
        const query = pageQuerySchema.parse({ limit, starting_after: startingAfter })
        const [page, unread] = await Promise.all([
          notifications.service.list(signedIn(), query),
          notifications.service.countUnread(signedIn()),
        ])
        return { ...page, unread }
      },
      notificationPreferences: () => notifications.preferences.of(signedIn()),
      keys: () => keys.overview(signedIn()),
      listWebhooks: async () =>
        (await notifications.webhooks.list(signedIn(), pageQuerySchema.parse({ limit: 100 }))).data,
      webhookEvents,
      async listMails({ limit, startingAfter }) {
        signedIn()
        if (principal?.role !== 'admin') throw new AppError('forbidden')
        return admin.listMails(pageQuerySchema.parse({ limit, starting_after: startingAfter }))
      },
      async getJob(jobId) {
        try {
          return await jobs.service.get(signedIn(), jobId)
        } catch (error) {
          if (error instanceof AppError && error.code === 'not_found') return null
          throw error
        }
      },
      async signUp(form) {
        const user = await users.register(form, origin)
        return users.createWebSession(user.id, origin)
      },
      async logIn(form) {
        const step = await users.beginLogin(form, origin)
        if ('challenge' in step) return { challenge: step.challenge.challenge }
        return users.createWebSession(step.user.id, origin)
      },
      async logInWithCode(form) {
        const user = await users.completeLogin(form, origin)
        return users.createWebSession(user.id, origin)
      },
      security: createAccountSecurity(container, request, origin),
      async confirmEmail(token) {
        return { email: (await users.confirmEmail(token, origin)).email }
      },
      requestPasswordReset: (email) => users.requestPasswordReset(email, origin),
      resetPassword: ({ token, newPassword }) => users.resetPassword(token, newPassword, origin),
      async logOut() {
        const token = cookieValue(request.headers.cookie, sessionCookieName) ?? ''
        return { setCookie: await users.endWebSession(token, origin) }
      },
    }
  }
}
