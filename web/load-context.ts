import type { CapabilityDescription, JobPage, JobStatus, JobView, VoicePage } from './api/types'

export interface AccountSummary {
  username: string
  email: string
  role: 'user' | 'admin'
  secondsRemaining: number
  paid: boolean
}

export interface JobListQuery {
  /** 1–100. */
  limit: number
  startingAfter?: string
  capability?: string
  status?: JobStatus
}

/**
 * What loaders and actions may know of the house; made for every request. Rejections look like the product's
 * errors: `{code, message, details}` with `details.errors` naming the fields.
 */
export interface LoadContext {
  principal: { userId: string; role: 'user' | 'admin' } | null
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
}

declare module '@remix-run/server-runtime' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- merging needs an interface
  interface AppLoadContext extends LoadContext {}
  interface Future {
    v3_singleFetch: true
  }
}
