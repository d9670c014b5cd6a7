import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { createUsersRoutes } from './routes'
import { createSecurityRoutes } from './security-routes'
import { createUsersService, type UsersService, type UsersServiceOptions } from './users-service'

export { createAccessTokens, type AccessTokens } from './access-tokens'
export type { CreatedAdmin } from './first-admin'
export { createPersonalDataModule, type PersonalDataModule, type PersonalDataOptions } from './personal-data'
export { loginSchema, profileChangesSchema, registerSchema, userSchema } from './schemas'
export type {
  AccountStatusView,
  LoginInput,
  ProfileChanges,
  RegisterInput,
  Tokens,
  UserView,
} from './schemas'
export type { DeletionView, MfaChallenge, MfaSetupView, MfaView, SessionView } from './security-schemas'
export type { RequestOrigin } from './session-tokens'

export interface UsersModule extends UsersService {
  /** Routes under `/api/users`. */
  routes: FastifyPluginAsyncZod
}
export type UsersModuleOptions = UsersServiceOptions

export async function createUsersModule(options: UsersModuleOptions): Promise<UsersModule> {
  const service = await createUsersService(options)
  return {
    ...service,
    async routes(app) {
      await app.register(createUsersRoutes(service))
      await app.register(createSecurityRoutes(service))
    },
  }
}
