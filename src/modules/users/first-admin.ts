import { randomInt } from 'node:crypto'
import type { Config } from '../../config'
import type { AuditLog } from '../../platform/audit'
import type { Database, DatabaseClient } from '../../platform/database'
import { newId } from '../../platform/ids'
import { findByIdentifier } from './names'
import type { PasswordHasher } from './passwords'

/** The administrator that a first start made. */
export interface CreatedAdmin {
  username: string
  email: string
  /** To be printed once; null where the operator set it in the environment. */
  generatedPassword: string | null
}

export interface FirstAdminOptions {
  database: Database
  config: Pick<Config, 'ADMIN_EMAIL' | 'ADMIN_PASSWORD'>
  hasher: PasswordHasher
  audit: AuditLog
  onRegistered(userId: string, client: DatabaseClient): Promise<void>
}

/** Any number: the same in all processes. */
const firstAdminLock = 7_270_401n
/** Without the characters that are mistaken for one another. */
const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/**
 * Creates an administrator where there is none. Several processes may call it at once: one creates.
 * @returns null when there is one already.
 */
export async function ensureFirstAdmin(options: FirstAdminOptions): Promise<CreatedAdmin | null> {
  const { database, config, hasher, audit, onRegistered } = options
  if (await database.user.findFirst({ where: { role: 'admin' }, select: { id: true } })) return null
  const generatedPassword = config.ADMIN_PASSWORD === undefined ? generatePassword() : null
  const passwordHash = await hasher.hash(config.ADMIN_PASSWORD ?? generatedPassword!)
  const email = config.ADMIN_EMAIL

  return database.$transaction(async (client) => {
    await client.$executeRaw`SELECT pg_advisory_xact_lock(${firstAdminLock})`
    if (await client.user.findFirst({ where: { role: 'admin' }, select: { id: true } })) return null
    if (await findByIdentifier(client, email)) {
      throw new Error('ADMIN_EMAIL: this address belongs to an ordinary account; set another one')
    }
    const id = newId()
    const taken = await findByIdentifier(client, 'admin')
    const username = taken ? `admin-${id.slice(-6)}` : 'admin'
    await client.user.create({
      data: {
        id,
        username,
        email,
        passwordHash,
        displayName: 'Administrator',
        role: 'admin',
        emailVerifiedAt: new Date(),
      },
    })
    await onRegistered(id, client)
    await audit.record({ action: 'user.admin_created', userId: id, ipAddress: null }, client)
    return { username, email, generatedPassword }
  })
}

function generatePassword(): string {
  return Array.from({ length: 20 }, () => alphabet[randomInt(alphabet.length)]).join('')
}
