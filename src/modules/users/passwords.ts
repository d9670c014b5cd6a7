import { randomBytes } from 'node:crypto'
import { argon2id, hash, needsRehash, verify } from 'argon2'
import { createFairSlots } from '../../platform/fair-slots'
import { isCommonPassword } from './common-passwords'
import { refusedPasswords } from './refused-passwords'

/** OWASP's second recommended setting: 19 MiB, two passes, one lane; some 30 ms of a core. */
const parameters = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export interface PasswordHasher {
  hash(password: string): Promise<string>
  /** With a null hash (no such account) the same work is done, and the answer is false. */
  verify(passwordHash: string | null, password: string): Promise<boolean>
  /**
   * Runs `work` when fewer than `concurrency` others run; parties, such as addresses, take turns.
   * @throws AppError `unavailable` when too many wait.
   */
  inTurn<Result>(party: string, work: () => Promise<Result>): Promise<Result>
  /** Whether a hash was made with weaker settings than today's. */
  isOutdated(passwordHash: string): boolean
}

export interface PasswordHasherOptions {
  /** Hashes computed at the same time: bounds memory (19 MiB each) and leaves threads for files and sockets. */
  concurrency?: number
  maxWaiting?: number
  /** How many of one party may wait. */
  maxWaitingEach?: number
}

export async function createPasswordHasher({
  concurrency = 2,
  maxWaiting = 500,
  maxWaitingEach = 100,
}: PasswordHasherOptions = {}): Promise<PasswordHasher> {
  const dummyHash = await hash('no account has this password', parameters)

  return {
    hash: (password) => hash(normalise(password), parameters),
    async verify(passwordHash, password) {
      const matches = await verify(passwordHash ?? dummyHash, normalise(password))
      return matches && passwordHash !== null
    },
    inTurn: createFairSlots({ size: concurrency, maxWaiting, maxWaitingEach }),
    isOutdated: (passwordHash) => needsRehash(passwordHash, parameters),
  }
}

/** A hash that no password matches, for an account that nobody shall enter any more. */
export function hashNoPassword(): Promise<string> {
  return hash(randomBytes(32), parameters)
}

/** One password typed on two keyboards can be two sequences of code points. */
function normalise(password: string): string {
  return password.normalize('NFKC')
}

/** Why a password is refused, or null. Length is checked by the schema. */
export function passwordProblem(
  password: string,
  account: { username: string; email: string },
): string | null {
  const lowerCased = password.toLowerCase()
  if ([account.username, account.email].some((name) => name.toLowerCase() === lowerCased)) {
    return 'Must differ from the user name and the e-mail address'
  }
  if (refusedPasswords.has(lowerCased) || isCommonPassword(lowerCased) || new Set(lowerCased).size < 3) {
    return 'Is one of the passwords that are tried first; choose another'
  }
  return null
}
