import type { LedgerEntry, Page, PlanList, Subscription, Transaction } from './api/billing'
import type { KeysOverview } from './api/keys'
import type { KeptMail, NotificationPage, Preferences, WebhookView } from './api/notifications'
import type { CapabilityDescription, JobPage, JobStatus, JobView, VoicePage } from './api/types'

export interface AccountSummary {
  username: string
  email: string
  role: 'user' | 'admin'
  secondsRemaining: number
  paid: boolean
  /** Notifications that were not read yet. */
  unread: number
}

/** A log-in of the account. */
export interface SessionSummary {
  id: string
  kind: 'web' | 'api'
  user_agent: string | null
  ip_address: string | null
  last_used_at: string
  current: boolean
}

interface Confirmation {
  password: string
  /** Where a second factor is set up. */
  code?: string | undefined
}

/** What the signed-in account may do for its safety. */
export interface AccountSecurity {
  overview(): Promise<{
    email: string
    emailVerified: boolean
    mfa: { enabled: boolean; recovery_codes_left: number; required: boolean }
    sessions: SessionSummary[]
  }>
  resendVerification(): Promise<void>
  changeEmail(form: { email: string; password: string }): Promise<void>
  /** Ends all sessions and starts a new one. */
  changePassword(form: { password: string; newPassword: string }): Promise<{ setCookie: string }>
  setUpMfa(form: Confirmation): Promise<{ secret: string; qr_code: string }>
  /** @returns recovery codes, shown only now. */
  enableMfa(code: string): Promise<string[]>
  disableMfa(form: Confirmation): Promise<void>
  renewRecoveryCodes(form: Confirmation): Promise<string[]>
  endSession(sessionId: string): Promise<void>
  endOtherSessions(): Promise<void>
  requestDeletion(form: Confirmation): Promise<{ deleteAt: string }>
}

export interface JobListQuery {
  /** 1–100. */
  limit: number
  startingAfter?: string
  capability?: string
  status?: JobStatus
}

export interface PageOf {
  /** 1–100. */
  limit: number
  startingAfter?: string | undefined
}

/**
 * What loaders and actions may know of the house; made for every request. Rejections look like the product's
 * errors: `{code, message, details}` with `details.errors` naming the fields.
 */
export interface LoadContext {
  /** `setupOnly`: an administrator who must set up a second factor before anything else. */
  principal: { userId: string; role: 'user' | 'admin'; setupOnly?: boolean } | null
  /** Nonce of this response's Content-Security-Policy. */
  cspNonce: string
  /** Into the server's log. */
  logError(error: unknown): void
  appName: string
  version: string
  signupEnabled: boolean
  /** Minutes that a new account starts with. */
  freeMinutes: number
  maxUploadBytes: number
  /** Length of the free preview; 0 = the whole output. */
  previewSeconds: number
  /** The signed-in account, or null. */
  account(): Promise<AccountSummary | null>
  /** The same JSON as `data` of `GET /api/audio/capabilities`. */
  capabilities(): CapabilityDescription[] | Promise<CapabilityDescription[]>
  /** Newest first; the signed-in account's jobs only. */
  listJobs(query: JobListQuery): Promise<JobPage>
  /** The signed-in account's voices, newest first, and the presets behind the last of them. */
  listVoices(query: {
    limit: number
    startingAfter?: string
    search?: string
    tag?: string
  }): Promise<VoicePage>
  /** What somebody agrees to who adds a voice. */
  consentStatement: string
  /** Plans on sale, and the ways to pay. */
  plans(): Promise<PlanList>
  /** The signed-in account's payments, newest first. */
  listTransactions(query: PageOf): Promise<Page<Transaction>>
  /** Every change of the signed-in account's balance, newest first. */
  listMinutes(query: PageOf): Promise<Page<LedgerEntry>>
  /** What the signed-in account was told, newest first. */
  /** Newest first. */
  listSubscriptions(): Promise<Subscription[]>
  listNotifications(query: PageOf): Promise<NotificationPage>
  notificationPreferences(): Promise<Preferences>
  /** Keys and apps that act for the account, and what they can be allowed. */
  keys(): Promise<KeysOverview>
  listWebhooks(): Promise<WebhookView[]>
  /** Events that webhooks can ask for. */
  webhookEvents: readonly string[]
  /** Mails that were kept because there is no mail server, newest first; for administrators. */
  listMails(query: PageOf): Promise<Page<KeptMail>>
  /** Null where there is no such job, or it is somebody else's. */
  getJob(jobId: string): Promise<JobView | null>
  signUp(form: { username: string; email: string; password: string }): Promise<{ setCookie: string }>
  /** The second step is asked for by a challenge. */
  logIn(form: {
    identifier: string
    password: string
  }): Promise<{ setCookie: string } | { challenge: string }>
  logInWithCode(form: { challenge: string; code: string }): Promise<{ setCookie: string }>
  logOut(): Promise<{ setCookie: string }>
  security: AccountSecurity
  /** What the link in an e-mail does. */
  confirmEmail(token: string): Promise<{ email: string }>
  requestPasswordReset(email: string): Promise<void>
  resetPassword(form: { token: string; newPassword: string }): Promise<void>
}

declare module '@remix-run/server-runtime' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- merging needs an interface
  interface AppLoadContext extends LoadContext {}
  interface Future {
    v3_singleFetch: true
  }
}
