import type { DatabaseClient, Prisma } from '../../platform/database'
import { uniqueViolation } from '../../platform/database'
import { AppError } from '../../platform/errors'

/** The account with this user name or e-mail address, in whatever case. */
export async function findByIdentifier(
  client: DatabaseClient,
  identifier: string,
): Promise<Prisma.UserGetPayload<object> | null> {
  const name = identifier.trim().toLowerCase()
  // No name holds an @, no address lacks one; both indexes are on the lower-cased value.
  const found = name.includes('@')
    ? await client.$queryRaw<{ id: string }[]>`SELECT id FROM users WHERE lower(email) = ${name}`
    : await client.$queryRaw<{ id: string }[]>`SELECT id FROM users WHERE lower(username) = ${name}`
  // Asked for unknown accounts as well: they shall not be told apart by the time taken.
  return client.user.findFirst({ where: { id: { in: found.map(({ id }) => id) } } })
}

/** @throws AppError `username_taken`, `email_taken`. */
export async function refuseTakenNames(
  client: DatabaseClient,
  { username, email }: { username: string; email: string },
): Promise<void> {
  if (await findByIdentifier(client, username)) throw new AppError('username_taken')
  if (await findByIdentifier(client, email)) throw new AppError('email_taken')
}

/** The error to report when a unique index refused a name, else null. */
export function nameTaken(error: unknown): AppError | null {
  const constraint = uniqueViolation(error)
  if (constraint?.includes('username')) return new AppError('username_taken', { cause: error })
  if (constraint?.includes('email')) return new AppError('email_taken', { cause: error })
  return null
}
