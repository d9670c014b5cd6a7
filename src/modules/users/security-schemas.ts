import { z } from 'zod'
import { emailSchema, newPasswordSchema } from './schemas'

const timestamp = z.iso.datetime()
const linkTokenSchema = z.string().min(1).max(256).describe('From the link that was sent by e-mail.')
const currentPasswordSchema = z.string().min(1).max(256)
const codeSchema = z
  .string()
  .min(6)
  .max(32)
  .describe('Six digits of the code generator, or a recovery code. Each works once.')

export const confirmEmailSchema = z.object({ token: linkTokenSchema })
export const passwordResetRequestSchema = z.object({ email: emailSchema })
export const passwordResetSchema = z.object({ token: linkTokenSchema, new_password: newPasswordSchema })

/** What changes to the security of an account ask for. */
export const confirmationSchema = z.object({
  current_password: currentPasswordSchema,
  code: codeSchema.optional().describe('Needed where a second factor is set up.'),
})
export type Confirmation = z.output<typeof confirmationSchema>

export const mfaLoginSchema = z.object({
  challenge: z.string().min(1).max(256).describe('From the answer to the log-in with the password.'),
  code: codeSchema,
})
export type MfaLoginInput = z.output<typeof mfaLoginSchema>

export const mfaChallengeSchema = z.object({
  mfa_required: z.literal(true),
  challenge: z.string().describe('To be sent to `/api/users/login/mfa` with a code.'),
  expires_in: z.number().int().describe('Seconds until the challenge expires.'),
})
/** The answer to a right password where a second factor is set up. */
export type MfaChallenge = z.output<typeof mfaChallengeSchema>

export const mfaSetupRequestSchema = z.object({ current_password: currentPasswordSchema })
export const mfaCodeSchema = z.object({ code: codeSchema })

export const mfaSchema = z.object({
  enabled: z.boolean(),
  enabled_at: timestamp.nullable(),
  recovery_codes_left: z.number().int(),
  required: z.boolean().describe('Whether the account may do nothing else before it is set up.'),
})
export type MfaView = z.output<typeof mfaSchema>

export const mfaSetupSchema = z.object({
  secret: z.string().describe('Base 32, for generators that cannot read the QR code.'),
  otpauth_url: z.string(),
  qr_code: z.string().describe('SVG of the address, as a data URL.'),
})
export type MfaSetupView = z.output<typeof mfaSetupSchema>

export const recoveryCodesSchema = z.object({
  recovery_codes: z.array(z.string()).describe('Shown only now; each replaces one code of the generator.'),
})

export const sessionSchema = z.object({
  id: z.uuid(),
  kind: z.enum(['web', 'api']),
  user_agent: z.string().nullable(),
  ip_address: z.string().nullable(),
  created_at: timestamp,
  last_used_at: timestamp.describe('Of the web UI to within five minutes; of the API the last refresh.'),
  expires_at: timestamp,
  current: z.boolean(),
})
export type SessionView = z.output<typeof sessionSchema>

export const deletionSchema = z.object({
  delete_at: timestamp.describe('When everything is gone. Logging in before that keeps the account.'),
})
export type DeletionView = z.output<typeof deletionSchema>
