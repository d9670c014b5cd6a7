import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { AccountTokenKind, DatabaseClient, Prisma } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { newId } from '../../platform/ids'
import { hashSessionToken } from './session-tokens'

type AccountToken = Prisma.AccountTokenGetPayload<object>

const minuteMs = 60_000
export const tokenLifetimesMs = {
  verify_email: 3 * 24 * 60 * minuteMs,
  email_change: 24 * 60 * minuteMs,
  password_reset: 60 * minuteMs,
  login_challenge: 5 * minuteMs,
} as const satisfies Record<AccountTokenKind, number>

export interface NewAccountToken {
  kind: AccountTokenKind
  userId: string
  /** The address that the token proves, where it is sent to one. */
  email?: string
}

/**
 * Tokens that prove something once and for a while: 256 random bits and a signature, so that what was made up is
 * refused without asking the database, which keeps their hashes alone.
 */
export interface AccountTokens {
  issue(client: DatabaseClient, token: NewAccountToken): Promise<{ id: string; token: string }>
  /** A token that could be used. @throws AppError `link_invalid`. */
  find(client: DatabaseClient, token: string, kinds: readonly AccountTokenKind[]): Promise<AccountToken>
  /** Uses a token up. @throws AppError `link_invalid`. */
  take(client: DatabaseClient, token: string, kinds: readonly AccountTokenKind[]): Promise<AccountToken>
  /** Counts a try with a token that is used up only by success; null where it is not valid (any more). */
  attempt(
    client: DatabaseClient,
    token: string,
    kind: AccountTokenKind,
    maxAttempts: number,
  ): Promise<AccountToken | null>
  /** Makes what an account has of these kinds worthless. */
  withdraw(client: DatabaseClient, userId: string, kinds: readonly AccountTokenKind[]): Promise<void>
}

export function createAccountTokens({ secret, now }: { secret: string; now: () => number }): AccountTokens {
  const sign = (random: string) => createHmac('sha256', secret).update(random).digest().subarray(0, 16)

  function isOurs(token: string): boolean {
    const [random = '', signature = ''] = token.split('.')
    const given = Buffer.from(signature, 'base64url')
    return given.length === 16 && timingSafeEqual(given, sign(random))
  }

  const valid = (token: string, kinds: readonly AccountTokenKind[]) => ({
    tokenHash: hashSessionToken(token),
    kind: { in: [...kinds] },
    usedAt: null,
    expiresAt: { gt: new Date(now()) },
  })

  return {
    async issue(client, { kind, userId, email }) {
      const random = randomBytes(32).toString('base64url')
      const token = `${random}.${sign(random).toString('base64url')}`
      const id = newId()
      const expiresAt = new Date(now() + tokenLifetimesMs[kind])
      const createdAt = new Date(now())
      await client.accountToken.create({
        data: {
          id,
          kind,
          userId,
          email: email ?? null,
          tokenHash: hashSessionToken(token),
          createdAt,
          expiresAt,
        },
      })
      return { id, token }
    },
    async find(client, token, kinds) {
      const found = isOurs(token) ? await client.accountToken.findFirst({ where: valid(token, kinds) }) : null
      if (!found) throw invalidLink()
      return found
    },
    async take(client, token, kinds) {
      if (!isOurs(token)) throw invalidLink()
      const { count } = await client.accountToken.updateMany({
        where: valid(token, kinds),
        data: { usedAt: new Date(now()) },
      })
      if (count === 0) throw invalidLink()
      return client.accountToken.findUniqueOrThrow({ where: { tokenHash: hashSessionToken(token) } })
    },
    async attempt(client, token, kind, maxAttempts) {
      if (!isOurs(token)) return null
      const { count } = await client.accountToken.updateMany({
        where: { ...valid(token, [kind]), attempts: { lt: maxAttempts } },
        data: { attempts: { increment: 1 } },
      })
      if (count === 0) return null
      return client.accountToken.findUnique({ where: { tokenHash: hashSessionToken(token) } })
    },
    async withdraw(client, userId, kinds) {
      await client.accountToken.updateMany({
        where: { userId, kind: { in: [...kinds] }, usedAt: null },
        data: { usedAt: new Date(now()) },
      })
    },
  }
}

function invalidLink(): AppError {
  return new AppError('link_invalid', {
    message: 'The link was used before, has expired, or is not complete. Ask for another one',
  })
}
