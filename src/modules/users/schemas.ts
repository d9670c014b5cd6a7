import { z } from 'zod'

const timestamp = z.iso.datetime()

export const usernameSchema = z
  .string()
  .regex(/^[a-zA-Z0-9_.-]{3,32}$/, 'Must be 3 to 32 letters, digits, dots, dashes or underscores')
export const emailSchema = z.email('Must be an e-mail address').max(254)
/** Which passwords are refused although they are long enough is decided by `passwordProblem`. */
export const newPasswordSchema = z
  .string()
  .min(8, 'Must be at least 8 characters')
  .max(256, 'Must be at most 256 characters')
const givenPasswordSchema = z.string().min(1).max(256)
const tokenSchema = z.string().min(1).max(512)

export const registerSchema = z.object({
  username: usernameSchema,
  email: emailSchema,
  password: newPasswordSchema,
})
export type RegisterInput = z.output<typeof registerSchema>

export const loginSchema = z.object({
  identifier: z.string().min(1).max(254).describe('User name or e-mail address.'),
  password: givenPasswordSchema,
})
export type LoginInput = z.output<typeof loginSchema>

export const refreshSchema = z.object({ refresh_token: tokenSchema })
export const logoutSchema = z.object({ refresh_token: tokenSchema.optional() }).nullish()

export const profileChangesSchema = z
  .object({
    display_name: z.string().trim().min(1).max(100).optional(),
    email: emailSchema
      .optional()
      .describe('Asks for another address: it counts once the link that is sent there was used.'),
    new_password: newPasswordSchema.optional(),
    current_password: givenPasswordSchema
      .optional()
      .describe('Needed to change the e-mail address or the password.'),
  })
  .describe('Only the fields given are changed.')
export type ProfileChanges = z.output<typeof profileChangesSchema>

export const userSchema = z.object({
  id: z.uuid(),
  username: z.string(),
  display_name: z.string(),
  email: z.string(),
  email_verified: z.boolean(),
  role: z.enum(['user', 'admin']),
  status: z.enum(['active', 'suspended']),
  created_at: timestamp,
})
/** A user as the API shows one. */
export type UserView = z.output<typeof userSchema>

export const accountStatusSchema = z.object({
  user_id: z.uuid(),
  username: z.string(),
  role: z.enum(['user', 'admin']),
  status: z.enum(['active', 'suspended']),
  paid_status: z.enum(['free', 'paid']).describe('"paid" from the first purchase on.'),
  minutes_remaining: z.number().describe('seconds_remaining in minutes, rounded down to hundredths.'),
  seconds_remaining: z.number().int(),
  created_at: timestamp,
})
export type AccountStatusView = z.output<typeof accountStatusSchema>

export const tokensSchema = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.number().int().describe('Seconds until the access token expires.'),
  refresh_token: z.string().describe('Works once; the answer to its use carries the next one.'),
  user: userSchema,
})
/** The answer to a log-in or refresh. */
export type Tokens = z.output<typeof tokensSchema>
