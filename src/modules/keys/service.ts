import type { AuditLog } from '../../platform/audit'
import type { ApiKeyModel, Database } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { invalidFields, type Principal } from '../../platform/http'
import { newId } from '../../platform/ids'
import type { GrantCache } from './grant-cache'
import type { ChangeKey, CreateKey, KeyView } from './schemas'
import { hashSecret, newApiKey } from './secrets'
import { monthOf, type KeyUsage } from './usage'

export interface KeyServiceOptions {
  database: Database
  audit: AuditLog
  cache: GrantCache
  usage: KeyUsage
}

/** Who manages keys, and from where. */
export interface Owner {
  userId: string
  ipAddress: string | null
}

/** More would only be lost track of. */
const maxKeys = 50
const dayMs = 24 * 3600_000

export type KeyService = ReturnType<typeof createKeyService>

/** A user's API keys. Every call names the owner; another user's key does not exist for them. */
export function createKeyService({ database, audit, cache, usage }: KeyServiceOptions) {
  async function owned(userId: string, id: string): Promise<ApiKeyModel> {
    const key = await database.apiKey.findFirst({ where: { id, userId, revokedAt: null } })
    if (key) return key
    throw new AppError('not_found', { message: 'There is no such key.' })
  }

  async function requirePaid(userId: string): Promise<void> {
    const user = await database.user.findUnique({ where: { id: userId }, select: { paid: true, role: true } })
    if (user?.paid || user?.role === 'admin') return
    throw new AppError('paid_account_needed', {
      message: 'API keys come with the first purchase of minutes. Until then, log in and use access tokens.',
    })
  }

  return {
    list: async (userId: string): Promise<KeyView[]> => {
      const keys = await database.apiKey.findMany({
        where: { userId, revokedAt: null },
        orderBy: { id: 'desc' },
      })
      return keys.map(toView)
    },

    /** @throws AppError `paid_account_needed`, `conflict`, `validation_failed`. */
    async create(owner: Owner, wanted: CreateKey): Promise<KeyView & { key: string }> {
      await requirePaid(owner.userId)
      refusePast(wanted.expires_at)
      const { userId, ipAddress } = owner
      if ((await database.apiKey.count({ where: { userId, revokedAt: null } })) >= maxKeys) {
        throw new AppError('conflict', {
          message: `An account has at most ${maxKeys} keys. Revoke one first.`,
        })
      }
      const { key, shown, hash } = newApiKey()
      const id = newId()
      const row = await database.$transaction(async (client) => {
        await audit.record(
          { action: 'key.created', userId, ipAddress, details: { key: id, scopes: wanted.scopes } },
          client,
        )
        return client.apiKey.create({
          data: { id, userId, prefix: shown, keyHash: hash, ...columnsOf(wanted), name: wanted.name },
        })
      })
      return { ...toView(row), key }
    },

    /** @throws AppError `not_found`, `validation_failed`. */
    async change({ userId, ipAddress }: Owner, id: string, changes: ChangeKey): Promise<KeyView> {
      await owned(userId, id)
      refusePast(changes.expires_at)
      const row = await database.$transaction(async (client) => {
        const details = { key: id, fields: Object.keys(changes) }
        await audit.record({ action: 'key.changed', userId, ipAddress, details }, client)
        return client.apiKey.update({ where: { id }, data: columnsOf(changes) })
      })
      await cache.changed(id)
      return toView(row)
    },

    /** A new secret for a key; the old one is taken for a while yet. @throws AppError `not_found`. */
    async rotate(
      { userId, ipAddress }: Owner,
      id: string,
      overlapSeconds: number,
    ): Promise<KeyView & { key: string }> {
      const before = await owned(userId, id)
      const { key, shown, hash } = newApiKey()
      const overlap =
        overlapSeconds > 0
          ? { previousHash: before.keyHash, previousUntil: new Date(Date.now() + overlapSeconds * 1000) }
          : { previousHash: null, previousUntil: null }
      const row = await database.$transaction(async (client) => {
        const details = { key: id, overlap_seconds: overlapSeconds }
        await audit.record({ action: 'key.rotated', userId, ipAddress, details }, client)
        return client.apiKey.update({ where: { id }, data: { keyHash: hash, prefix: shown, ...overlap } })
      })
      await cache.changed(id)
      return { ...toView(row), key }
    },

    /** Every process refuses the key within seconds. @throws AppError `not_found`. */
    async revoke({ userId, ipAddress }: Owner, id: string): Promise<void> {
      await owned(userId, id)
      await database.$transaction(async (client) => {
        await audit.record({ action: 'key.revoked', userId, ipAddress, details: { key: id } }, client)
        await client.apiKey.update({ where: { id }, data: { revokedAt: new Date() } })
      })
      await cache.changed(id)
    },

    /** By day (UTC), the latest first; days without use are left out. @throws AppError `not_found`. */
    async usageOf(userId: string, id: string, days: number) {
      await owned(userId, id)
      await usage.flush()
      const rows = await database.apiKeyUsage.findMany({
        where: { keyId: id, day: { gt: new Date(Date.now() - days * dayMs) } },
        orderBy: { day: 'desc' },
      })
      return rows.map(({ day, requests, seconds }) => ({
        day: day.toISOString().slice(0, 10),
        requests,
        seconds,
      }))
    },

    /** Whose key it is and what it may do. @throws AppError `token_invalid`, `token_expired`, `account_suspended`. */
    async authenticate(key: string): Promise<Principal> {
      const hash = hashSecret(key)
      const found = await cache.get(hash, async () => {
        const now = new Date()
        const row = await database.apiKey.findFirst({
          where: {
            revokedAt: null,
            OR: [{ keyHash: hash }, { previousHash: hash, previousUntil: { gt: now } }],
          },
          include: { user: { select: { status: true, deleteAfter: true, erasedAt: true } } },
        })
        // Whoever wants to be deleted wants no key to go on either.
        if (!row || row.user.deleteAfter || row.user.erasedAt) return null
        if (row.user.status === 'suspended') throw new AppError('account_suspended')
        const endings = [row.expiresAt, row.keyHash === hash ? null : row.previousUntil]
        return { principal: principalOf(row), expiresAtMs: earliest(endings) }
      })
      if (!found) {
        throw new AppError('token_invalid', { message: 'There is no such API key, or it was revoked.' })
      }
      if (found.expiresAtMs !== null && found.expiresAtMs <= Date.now()) {
        throw new AppError('token_expired', { message: 'The API key has expired.' })
      }
      usage.countRequest(found.principal.grant!.id)
      return found.principal
    },
  }
}

/** Keys are never an administrator's hand, whoever owns them. */
function principalOf({ id, userId, scopes, requestsPerMinute }: ApiKeyModel): Principal {
  return { userId, role: 'user', via: 'key', grant: { id, scopes, requestsPerMinute } }
}

function earliest(dates: (Date | null)[]): number | null {
  const times = dates.flatMap((date) => (date ? [date.getTime()] : []))
  return times.length > 0 ? Math.min(...times) : null
}

function columnsOf(wanted: ChangeKey) {
  const { name, scopes, expires_at: expires, requests_per_minute, minutes_per_month } = wanted
  return {
    ...(name === undefined ? {} : { name }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(expires === undefined ? {} : { expiresAt: expires === null ? null : new Date(expires) }),
    ...(requests_per_minute === undefined ? {} : { requestsPerMinute: requests_per_minute }),
    ...(minutes_per_month === undefined
      ? {}
      : { secondsPerMonth: minutes_per_month === null ? null : minutes_per_month * 60 }),
  }
}

function refusePast(expiresAt: string | null | undefined): void {
  if (expiresAt && new Date(expiresAt) <= new Date()) {
    throw invalidFields([{ field: 'expires_at', message: 'Lies in the past.' }])
  }
}

function toView(key: ApiKeyModel): KeyView {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    requests_per_minute: key.requestsPerMinute,
    minutes_per_month: key.secondsPerMonth === null ? null : Math.floor(key.secondsPerMonth / 60),
    seconds_this_month: key.month === monthOf(new Date()) ? key.monthSeconds : 0,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    previous_until:
      key.previousUntil && key.previousUntil > new Date() ? key.previousUntil.toISOString() : null,
  }
}
