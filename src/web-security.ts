import type { FastifyRequest } from 'fastify'
import type { ServerContainer } from './container'
import { AppError } from './platform/errors'
import type { RequestOrigin } from './modules/users'
import type { AccountSecurity } from '../web/load-context'

/** What the pages may do for the safety of the account that asks; open also where a second factor has yet to be set up. */
export function createAccountSecurity(
  { users }: Pick<ServerContainer, 'users'>,
  { principal }: Pick<FastifyRequest, 'principal'>,
  origin: RequestOrigin,
): AccountSecurity {
  const signedIn = () => {
    if (!principal) throw new AppError('not_authenticated')
    return principal.userId
  }
  const fully = () => {
    if (principal?.setupOnly) throw new AppError('mfa_setup_required')
    return signedIn()
  }
  const confirmation = ({ password, code }: { password: string; code?: string | undefined }) => ({
    current_password: password,
    ...(code ? { code } : {}),
  })

  return {
    async overview() {
      const userId = signedIn()
      const [profile, mfa, sessions] = await Promise.all([
        users.profile(userId),
        users.mfaState(userId),
        users.listSessions(userId, principal?.sessionId),
      ])
      return { email: profile.email, emailVerified: profile.email_verified, mfa, sessions }
    },
    resendVerification: () => users.resendVerification(fully()),
    async changeEmail({ email, password }) {
      await users.updateProfile(fully(), { email, current_password: password }, origin)
    },
    async changePassword({ password, newPassword }) {
      const userId = fully()
      await users.updateProfile(userId, { current_password: password, new_password: newPassword }, origin)
      return users.createWebSession(userId, origin)
    },
    setUpMfa: (form) => users.setUpMfa(signedIn(), confirmation(form), origin),
    enableMfa: (code) => users.enableMfa(signedIn(), code, origin),
    disableMfa: (form) => users.disableMfa(fully(), confirmation(form), origin),
    renewRecoveryCodes: (form) => users.renewRecoveryCodes(fully(), confirmation(form), origin),
    endSession: (sessionId) => users.endSession(fully(), sessionId, origin),
    endOtherSessions: () => users.endOtherSessions(fully(), principal?.sessionId, origin),
    async requestDeletion(form) {
      const { delete_at: deleteAt } = await users.requestDeletion(fully(), confirmation(form), origin)
      return { deleteAt }
    },
  }
}
