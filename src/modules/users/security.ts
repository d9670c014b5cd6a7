import type { Prisma } from '../../platform/database'
import type { Deletion } from './deletion'
import type { EmailAddresses } from './email-addresses'
import type { PasswordReset } from './password-reset'
import type { UserView } from './schemas'
import { alreadySetUp, type SecondFactor } from './second-factor'
import type { Confirmation, DeletionView, MfaSetupView, MfaView, SessionView } from './security-schemas'
import type { SessionList } from './session-list'
import type { RequestOrigin } from './session-tokens'

type User = Prisma.UserGetPayload<object>

/**
 * What somebody does for the safety of an account. What takes a `Confirmation` throws `invalid_credentials`,
 * `mfa_code_invalid`, `validation_failed` (a code is missing) or `rate_limited` where it does not hold.
 */
export interface Security {
  /** Sends the link once more. @throws AppError `conflict`, `rate_limited`. */
  resendVerification(userId: string): Promise<void>
  /** What a link to an e-mail address does. @throws AppError `link_invalid`, `email_taken`. */
  confirmEmail(token: string, origin: RequestOrigin): Promise<UserView>
  /** Answers alike for every address. @throws AppError `rate_limited`. */
  requestPasswordReset(email: string, origin: RequestOrigin): Promise<void>
  /** @throws AppError `link_invalid`, `validation_failed`. */
  resetPassword(token: string, newPassword: string, origin: RequestOrigin): Promise<void>
  mfaState(userId: string): Promise<MfaView>
  /** @throws AppError `conflict`. */
  setUpMfa(userId: string, confirmation: Confirmation, origin: RequestOrigin): Promise<MfaSetupView>
  /** @returns recovery codes, shown only now. @throws AppError `mfa_code_invalid`, `conflict`, `rate_limited`. */
  enableMfa(userId: string, code: string, origin: RequestOrigin): Promise<string[]>
  /** @throws AppError `forbidden` where it is required. */
  disableMfa(userId: string, confirmation: Confirmation, origin: RequestOrigin): Promise<void>
  renewRecoveryCodes(userId: string, confirmation: Confirmation, origin: RequestOrigin): Promise<string[]>
  /** @param currentId The log-in that asks. */
  listSessions(userId: string, currentId: string | undefined): Promise<SessionView[]>
  /** @throws AppError `not_found`. */
  endSession(userId: string, sessionId: string, origin: RequestOrigin): Promise<void>
  endOtherSessions(userId: string, currentId: string | undefined, origin: RequestOrigin): Promise<void>
  /** @throws AppError `conflict` for the last administrator. */
  requestDeletion(userId: string, confirmation: Confirmation, origin: RequestOrigin): Promise<DeletionView>
}

export interface SecurityOptions {
  userOf(userId: string): Promise<User>
  confirmIdentity(userId: string, confirmation: unknown, origin: RequestOrigin): Promise<User>
  emailAddresses: EmailAddresses
  passwordReset: PasswordReset
  secondFactor: SecondFactor
  deletion: Deletion
  sessions: SessionList
  /** Forgets what is remembered of an account's log-ins. @param endedIds Log-ins, or accounts, that are over. */
  onSessionsChanged(userId: string, endedIds: string[]): void
}

export function createSecurity(options: SecurityOptions): Security {
  const { userOf, confirmIdentity, emailAddresses, passwordReset, secondFactor, deletion, sessions } = options
  const { onSessionsChanged } = options
  return {
    resendVerification: async (userId) => emailAddresses.resendVerification(await userOf(userId)),
    confirmEmail: (token, origin) => emailAddresses.confirm(token, origin),
    requestPasswordReset: (email, origin) => passwordReset.request(email, origin),
    async resetPassword(token, newPassword, origin) {
      onSessionsChanged(await passwordReset.reset(token, newPassword, origin), [])
    },
    mfaState: (userId) => secondFactor.state(userId),
    async setUpMfa(userId, confirmation, origin) {
      // Before a code is asked for, which somebody who sets one up has not.
      if (await secondFactor.isEnabled(userId)) throw alreadySetUp()
      return secondFactor.setUp(await confirmIdentity(userId, confirmation, origin))
    },
    async enableMfa(userId, code, origin) {
      const codes = await secondFactor.enable(userId, code, origin)
      onSessionsChanged(userId, [])
      return codes
    },
    async disableMfa(userId, confirmation, origin) {
      await confirmIdentity(userId, confirmation, origin)
      await secondFactor.disable(userId, origin)
    },
    async renewRecoveryCodes(userId, confirmation, origin) {
      await confirmIdentity(userId, confirmation, origin)
      return secondFactor.renewRecoveryCodes(userId, origin)
    },
    listSessions: (userId, currentId) => sessions.list(userId, currentId),
    async endSession(userId, sessionId, origin) {
      await sessions.end(userId, sessionId, origin)
      onSessionsChanged(userId, [sessionId])
    },
    async endOtherSessions(userId, currentId, origin) {
      onSessionsChanged(userId, await sessions.endOthers(userId, currentId, origin))
    },
    async requestDeletion(userId, confirmation, origin) {
      const user = await confirmIdentity(userId, confirmation, origin)
      const deleteAt = await deletion.request(user, origin)
      onSessionsChanged(userId, [userId])
      return { delete_at: deleteAt.toISOString() }
    },
  }
}
