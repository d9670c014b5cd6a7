import { createHmac, randomBytes } from 'node:crypto'
import { toString as drawQrCode } from 'qrcode'
import type { AuditLog } from '../../platform/audit'
import type { CounterStore } from '../../platform/cache'
import type { Database, DatabaseClient } from '../../platform/database'
import { AppError } from '../../platform/errors'
import { invalidFields } from '../../platform/http/problem'
import { rateLimited } from '../../platform/http/rate-limit'
import type { Seal } from '../../platform/seal'
import type { Notifier } from '../notifications'
import type { MfaSetupView, MfaView } from './security-schemas'
import type { RequestOrigin } from './session-tokens'
import { newTotpSecret, otpauthUrl, stepOfCode } from './totp'

const recoveryCodeCount = 10
const attemptWindowMs = 15 * 60_000
const maxAttempts = 10
/** Without the letters and digits that are mistaken for one another: 32 of them, five bits each. */
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'

/** Codes of a generator (TOTP, RFC 6238) and, where it is lost, recovery codes. Each works once. */
export interface SecondFactor {
  isEnabled(userId: string): Promise<boolean>
  state(userId: string): Promise<MfaView>
  /** Makes a secret that counts once `enable` has seen a code of it. @throws AppError `conflict`. */
  setUp(user: { id: string; email: string }): Promise<MfaSetupView>
  /** @returns the recovery codes, shown only now. @throws AppError `mfa_code_invalid`, `conflict`, `rate_limited`. */
  enable(userId: string, code: string, origin: RequestOrigin): Promise<string[]>
  disable(userId: string, origin: RequestOrigin): Promise<void>
  /** New recovery codes in place of the old ones. */
  renewRecoveryCodes(userId: string, origin: RequestOrigin): Promise<string[]>
  /**
   * Uses a code of the generator, or a recovery code, up.
   * @throws AppError `mfa_code_invalid`, `rate_limited`.
   */
  check(userId: string, code: string, origin: RequestOrigin): Promise<void>
}

export interface SecondFactorOptions {
  database: Database
  counters: CounterStore
  audit: AuditLog
  notifier: Notifier
  /** Encrypts the shared secrets. */
  seal: Seal
  /** Key of the recovery codes' hashes. */
  secret: string
  isRequired(userId: string): Promise<boolean>
  now: () => number
}

export function createSecondFactor(options: SecondFactorOptions): SecondFactor {
  const { database, counters, audit, notifier, seal, secret, now } = options

  const hashOf = (userId: string, code: string) =>
    createHmac('sha256', secret).update(`${userId} ${code}`).digest('base64url')

  async function inLimits(userId: string, check: () => Promise<boolean>): Promise<void> {
    const key = `mfa:${userId}`
    const { count, resetMs } = await counters.add(key, attemptWindowMs)
    if (count > maxAttempts) throw rateLimited(resetMs, 'Too many wrong codes. Wait, then try again')
    if (!(await check())) {
      throw new AppError('mfa_code_invalid', {
        message: 'The code is wrong, or was used before. Wait for the next one, and check the clock',
      })
    }
    await counters.reset(key)
  }

  /** The conditional update lets one of several uses of a code at the same time win. */
  async function useTotp(userId: string, code: string, enabled: boolean): Promise<boolean> {
    const row = await database.secondFactor.findUnique({ where: { userId } })
    if (!row || (row.enabledAt !== null) !== enabled) return false
    const step = stepOfCode(seal.open(row.secret), code, now())
    if (step === null) return false
    const { count } = await database.secondFactor.updateMany({
      where: { userId, secret: row.secret, OR: [{ lastStep: null }, { lastStep: { lt: step } }] },
      data: { lastStep: step },
    })
    return count === 1
  }

  async function useRecoveryCode(userId: string, code: string, origin: RequestOrigin): Promise<boolean> {
    return database.$transaction(async (client) => {
      const { count } = await client.recoveryCode.updateMany({
        where: { userId, codeHash: hashOf(userId, code), usedAt: null },
        data: { usedAt: new Date(now()) },
      })
      if (count === 0) return false
      const left = await client.recoveryCode.count({ where: { userId, usedAt: null } })
      await record('user.recovery_code_used', userId, origin, client)
      await tell(client, userId, origin, 'A recovery code was used', `${left} recovery codes are left.`)
      return true
    })
  }

  function record(
    action: Parameters<AuditLog['record']>[0]['action'],
    userId: string,
    origin: RequestOrigin,
    client: DatabaseClient,
  ) {
    return audit.record({ action, userId, ipAddress: origin.ipAddress }, client)
  }

  function tell(
    client: DatabaseClient,
    userId: string,
    origin: RequestOrigin,
    title: string,
    message: string,
  ) {
    const data = { title, message, ip_address: origin.ipAddress }
    const idempotencyKey = `security:${userId}:${randomBytes(9).toString('base64url')}`
    return notifier.notify({ userId, event: 'account.security', data, idempotencyKey }, client)
  }

  async function writeRecoveryCodes(client: DatabaseClient, userId: string): Promise<string[]> {
    const codes = Array.from({ length: recoveryCodeCount }, newRecoveryCode)
    await client.recoveryCode.deleteMany({ where: { userId } })
    await client.recoveryCode.createMany({
      data: codes.map((code) => ({ userId, codeHash: hashOf(userId, normalise(code)) })),
    })
    return codes
  }

  const isEnabled = async (userId: string) =>
    (await database.secondFactor.count({ where: { userId, enabledAt: { not: null } } })) > 0

  return {
    isEnabled,
    async state(userId) {
      const row = await database.secondFactor.findUnique({ where: { userId } })
      const left = await database.recoveryCode.count({ where: { userId, usedAt: null } })
      const enabledAt = row?.enabledAt ?? null
      return {
        enabled: enabledAt !== null,
        enabled_at: enabledAt?.toISOString() ?? null,
        recovery_codes_left: enabledAt ? left : 0,
        required: await options.isRequired(userId),
      }
    },
    async setUp({ id: userId, email }) {
      const totpSecret = newTotpSecret()
      const row = { secret: seal.close(totpSecret), lastStep: null, createdAt: new Date(now()) }
      await database.$transaction(async (client) => {
        await client.secondFactor.deleteMany({ where: { userId, enabledAt: null } })
        const { count } = await client.secondFactor.createMany({
          data: [{ userId, ...row }],
          skipDuplicates: true,
        })
        if (count === 0) throw alreadySetUp()
      })
      const url = otpauthUrl(totpSecret, email)
      const svg = await drawQrCode(url, { type: 'svg', margin: 2 })
      return {
        secret: totpSecret,
        otpauth_url: url,
        qr_code: `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`,
      }
    },
    async enable(userId, code, origin) {
      if (await isEnabled(userId)) throw alreadySetUp()
      await inLimits(userId, () => useTotp(userId, normalise(code), false))
      return database.$transaction(async (client) => {
        const { count } = await client.secondFactor.updateMany({
          where: { userId, enabledAt: null },
          data: { enabledAt: new Date(now()) },
        })
        if (count === 0) throw alreadySetUp()
        await record('user.mfa_enabled', userId, origin, client)
        await tell(
          client,
          userId,
          origin,
          'A second factor was set up',
          'Log-ins ask for a code from now on.',
        )
        return writeRecoveryCodes(client, userId)
      })
    },
    async disable(userId, origin) {
      if (await options.isRequired(userId)) {
        throw new AppError('forbidden', { message: 'Administrators must keep a second factor here' })
      }
      await database.$transaction(async (client) => {
        await client.secondFactor.deleteMany({ where: { userId } })
        await client.recoveryCode.deleteMany({ where: { userId } })
        await record('user.mfa_disabled', userId, origin, client)
        await tell(
          client,
          userId,
          origin,
          'Your second factor was removed',
          'The password alone logs in now.',
        )
      })
    },
    renewRecoveryCodes: (userId, origin) =>
      database.$transaction(async (client) => {
        await record('user.recovery_codes_made', userId, origin, client)
        await tell(client, userId, origin, 'New recovery codes were made', 'The old ones are worthless now.')
        return writeRecoveryCodes(client, userId)
      }),
    async check(userId, given, origin) {
      const code = normalise(given)
      await inLimits(userId, () =>
        /^\d{6}$/.test(code) ? useTotp(userId, code, true) : useRecoveryCode(userId, code, origin),
      )
    },
  }
}

/** 50 random bits, as `abcde-fghij`. */
function newRecoveryCode(): string {
  const letters = [...randomBytes(10)].map((byte) => alphabet[byte % alphabet.length]).join('')
  return `${letters.slice(0, 5)}-${letters.slice(5)}`
}

/** Codes are read from a screen or paper and typed: gaps and capitals do not matter. */
function normalise(code: string): string {
  return code.replaceAll(/[\s-]/g, '').toLowerCase()
}

export function alreadySetUp(): AppError {
  return new AppError('conflict', { message: 'A second factor is set up already' })
}

/** @throws AppError `validation_failed` where a code is needed and none was given. */
export function requireCode(code: string | undefined): string {
  if (code !== undefined && code !== '') return code
  throw invalidFields([{ field: 'code', message: 'Is needed: a code of your generator, or a recovery code' }])
}
