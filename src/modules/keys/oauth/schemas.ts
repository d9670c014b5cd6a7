import { z } from 'zod'
import { redirectProblem } from './redirects'

const redirectUri = z
  .string()
  .max(500)
  .superRefine((address, context) => {
    const message = redirectProblem(address)
    if (message) context.addIssue({ code: 'custom', message })
  })

export const newClientSchema = z.strictObject({
  name: z.string().trim().min(1).max(80).describe('What people are asked about.'),
  redirect_uris: z
    .array(redirectUri)
    .min(1)
    .max(10)
    .describe('Compared exactly; on 127.0.0.1 and [::1] the port is free.'),
  confidential: z
    .boolean()
    .default(false)
    .describe(
      'Whether the app runs on a server that can keep a secret. Others prove themselves by PKCE alone.',
    ),
})
export type NewClient = z.output<typeof newClientSchema>

export const clientSchema = z.object({
  client_id: z.uuid(),
  name: z.string(),
  redirect_uris: z.array(z.string()),
  confidential: z.boolean(),
  created_at: z.string(),
})
export type ClientView = z.output<typeof clientSchema>

export const createdClientSchema = clientSchema.extend({
  client_secret: z.string().nullable().describe('Of confidential apps: shown now and never again.'),
})

export const grantSchema = z.object({
  id: z.uuid(),
  client_name: z.string(),
  scopes: z.array(z.string()),
  created_at: z.string(),
  last_used_at: z.string().nullable().describe('When the app last took a token.'),
})
export type GrantView = z.output<typeof grantSchema>

/** What an app sends the browser with (RFC 6749, 4.1.1; RFC 7636, 4.3). */
export const authorizeRequestSchema = z.object({
  client_id: z.string(),
  redirect_uri: z.string(),
  response_type: z.string().optional(),
  scope: z.string().optional(),
  state: z.string().max(2000).optional(),
  code_challenge: z.string().optional(),
  code_challenge_method: z.string().optional(),
})
export type AuthorizeRequest = z.output<typeof authorizeRequestSchema>

export const consentSchema = z.object({
  client_name: z.string(),
  redirect_host: z.string().describe('Where the browser goes afterwards.'),
  scopes: z.array(z.string()),
  redirect_to: z
    .string()
    .nullable()
    .describe('Where the browser is to go at once, because the request cannot be granted.'),
})

export const decisionSchema = authorizeRequestSchema.extend({ approve: z.boolean() })
export const decidedSchema = z.object({ redirect_to: z.string().describe('Where the browser is to go.') })
