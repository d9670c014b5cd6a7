import { createHash } from 'node:crypto'
import type { Logger } from '../../platform/logger'
import { invalidFields } from '../../platform/http/problem'
import { passwordProblem } from './passwords'

const timeoutMs = 2000

export interface PasswordPolicyOptions {
  /** Range API (k-anonymity) of Have I Been Pwned or a copy of it; without it only the built-in list is looked into. */
  rangeUrl?: string | undefined
  logger: Pick<Logger, 'warn'>
}

/**
 * Refuses passwords that attackers try first (NIST SP 800-63B, 5.1.1.2).
 * @param field What the request calls the password.
 * @throws AppError `validation_failed`.
 */
export type RefuseWeakPassword = (
  field: string,
  password: string,
  account: { username: string; email: string },
) => Promise<void>

export function createPasswordPolicy({ rangeUrl, logger }: PasswordPolicyOptions): RefuseWeakPassword {
  /** How often the password is in known leaks. Only five digits of its hash leave this process. */
  async function timesLeaked(base: string, password: string): Promise<number> {
    const hash = createHash('sha1').update(password).digest('hex').toUpperCase()
    const url = `${base.replace(/\/?$/, '/')}${hash.slice(0, 5)}`
    const answer = await fetch(url, {
      headers: { 'add-padding': 'true', 'user-agent': 'timbre' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!answer.ok) throw new Error(`answered ${answer.status}`)
    const line = (await answer.text()).split('\n').find((row) => row.startsWith(`${hash.slice(5)}:`))
    return Number(line?.split(':')[1] ?? 0)
  }

  return async (field, password, account) => {
    const message = passwordProblem(password, account)
    if (message) throw invalidFields([{ field, message }])
    if (rangeUrl === undefined) return
    const leaks = await timesLeaked(rangeUrl, password).catch((error: unknown) => {
      // Nobody is kept from registering because somebody else's server is down.
      logger.warn({ err: error }, 'password not looked up among leaked ones')
      return 0
    })
    if (leaks > 0) {
      throw invalidFields([{ field, message: 'Was found in data leaks of other sites; choose another' }])
    }
  }
}
