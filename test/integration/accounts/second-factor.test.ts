import { TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  get,
  newAccount,
  password,
  post,
  startAccountsApp,
  type AccountsApp,
} from '../../support/accounts-app'

const stepMs = 30_000
let clockMs = Date.now()
let fixture: AccountsApp
beforeAll(async () => {
  fixture = await startAccountsApp({
    now: () => clockMs,
    settings: { ADMIN_MFA_REQUIRED: 'true' },
  })
})
afterAll(() => fixture.close())

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const codeOf = (secret: string) => new TOTP({ secret }).generate({ timestamp: clockMs })
/** A code of a step that was not used before. */
function nextCode(secret: string): string {
  clockMs += stepMs
  return codeOf(secret)
}

async function secured(username: string) {
  const account = await newAccount(fixture, username)
  const headers = bearer(account.access_token)
  const setUp = await post(fixture.app, '/api/users/mfa/setup', { current_password: password }, headers)
  const { secret } = setUp.json<{ secret: string }>()
  const enabled = await post(fixture.app, '/api/users/mfa/enable', { code: nextCode(secret) }, headers)
  const recoveryCodes = enabled.json<{ recovery_codes: string[] }>().recovery_codes
  return { ...account, headers, secret, recoveryCodes }
}
const firstStep = (identifier: string) => post(fixture.app, '/api/users/login', { identifier, password })
const secondStep = (challenge: string, code: string) =>
  post(fixture.app, '/api/users/login/mfa', { challenge, code })
const challengeFor = async (identifier: string) =>
  (await firstStep(identifier)).json<{ challenge: string }>().challenge

describe('a second factor', () => {
  it('is set up with a QR code, counts once a code was seen, and its secret is stored encrypted', async () => {
    const { access_token: access, user } = await newAccount(fixture, 'ada')
    const headers = bearer(access)
    const wrong = await post(fixture.app, '/api/users/mfa/setup', { current_password: 'wrong' }, headers)
    expect(wrong.statusCode).toBe(401)
    const setUp = await post(fixture.app, '/api/users/mfa/setup', { current_password: password }, headers)
    const { secret, otpauth_url: url, qr_code: qrCode } = setUp.json()
    expect(new URL(url).searchParams.get('secret')).toBe(secret)
    const svg = Buffer.from(qrCode.replace('data:image/svg+xml;base64,', ''), 'base64').toString()
    expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 (\d+) \1"/)
    const row = await fixture.database.secondFactor.findUniqueOrThrow({ where: { userId: user.id } })
    expect(JSON.stringify(row)).not.toContain(secret)

    // Not yet: the log-in has one step.
    expect((await firstStep('ada')).json()).toHaveProperty('access_token')
    const mistyped = await post(fixture.app, '/api/users/mfa/enable', { code: '000000' }, headers)
    expect(mistyped.json()).toMatchObject({ status: 401, code: 'mfa_code_invalid' })
    const enabled = await post(fixture.app, '/api/users/mfa/enable', { code: nextCode(secret) }, headers)
    expect(new Set(enabled.json().recovery_codes).size).toBe(10)
    expect((await get(fixture.app, '/api/users/mfa', access)).json()).toMatchObject({
      enabled: true,
      recovery_codes_left: 10,
      required: false,
    })
    expect((await firstStep('ada')).json()).toEqual({
      mfa_required: true,
      challenge: expect.any(String),
      expires_in: 300,
    })
    const again = await post(fixture.app, '/api/users/mfa/setup', { current_password: password }, headers)
    expect(again.statusCode).toBe(409)
  })

  it('accepts each code once, also when it is tried many times at once', async () => {
    const { secret } = await secured('grace')
    const code = nextCode(secret)
    const challenges = await Promise.all(Array.from({ length: 5 }, () => challengeFor('grace')))
    const answers = await Promise.all(challenges.map((challenge) => secondStep(challenge, code)))
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 401, 401, 401, 401])
    // Of a step before the one that was used, as well.
    const earlier = new TOTP({ secret }).generate({ timestamp: clockMs - stepMs })
    expect((await secondStep(await challengeFor('grace'), earlier)).statusCode).toBe(401)
    const won = answers.find(({ statusCode }) => statusCode === 200)!.json()
    expect((await get(fixture.app, '/api/users/profile', won.access_token)).statusCode).toBe(200)
  })

  it('spends a challenge by success, by five tries, and by five minutes', async () => {
    const { secret } = await secured('lin')
    const used = await challengeFor('lin')
    expect((await secondStep(used, nextCode(secret))).statusCode).toBe(200)
    expect((await secondStep(used, nextCode(secret))).json().code).toBe('token_invalid')

    const tried = await challengeFor('lin')
    for (let time = 0; time < 5; time += 1) {
      expect((await secondStep(tried, '000000')).json().code).toBe('mfa_code_invalid')
    }
    expect((await secondStep(tried, nextCode(secret))).json().code).toBe('token_invalid')

    const late = await challengeFor('lin')
    clockMs += 5 * 60_000 + 1
    expect((await secondStep(late, codeOf(secret))).json().code).toBe('token_invalid')
    expect((await secondStep('made.up', codeOf(secret))).json().code).toBe('token_invalid')
  })

  it('limits wrong codes of an account over all challenges', async () => {
    const { secret } = await secured('mary')
    const statuses: number[] = []
    for (let time = 0; time < 12; time += 1) {
      statuses.push((await secondStep(await challengeFor('mary'), '000000')).statusCode)
    }
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429])
    expect((await secondStep(await challengeFor('mary'), nextCode(secret))).statusCode).toBe(429)
  })

  it('is stood in for by recovery codes, each once; new ones replace them', async () => {
    const { secret, recoveryCodes, headers, user } = await secured('joan')
    const rows = await fixture.database.recoveryCode.findMany({ where: { userId: user.id } })
    for (const code of recoveryCodes) expect(JSON.stringify(rows)).not.toContain(code.replace('-', ''))
    const typed = ` ${recoveryCodes[0]!.toUpperCase().replace('-', ' ')}`
    const uses = [typed, recoveryCodes[0]!, recoveryCodes[1]!]
    const statuses: number[] = []
    for (const code of uses) statuses.push((await secondStep(await challengeFor('joan'), code)).statusCode)
    expect(statuses).toEqual([200, 401, 200])
    expect(fixture.notices.at(-1)!.data).toMatchObject({ message: '8 recovery codes are left.' })

    const renewed = await post(
      fixture.app,
      '/api/users/mfa/recovery-codes',
      { current_password: password, code: nextCode(secret) },
      headers,
    )
    const [fresh] = renewed.json<{ recovery_codes: string[] }>().recovery_codes
    expect((await secondStep(await challengeFor('joan'), recoveryCodes[2]!)).statusCode).toBe(401)
    expect((await secondStep(await challengeFor('joan'), fresh!)).statusCode).toBe(200)
  })

  it('is removed by password and code together', async () => {
    const { secret, headers } = await secured('hedy')
    const disable = (body: object) => post(fixture.app, '/api/users/mfa/disable', body, headers)
    expect((await disable({ current_password: password })).json().errors).toEqual([
      { field: 'code', message: expect.any(String) },
    ])
    const code = nextCode(secret)
    expect((await disable({ current_password: 'wrong', code })).json().code).toBe('invalid_credentials')
    expect((await disable({ current_password: password, code })).statusCode).toBe(204)
    expect((await firstStep('hedy')).json()).toHaveProperty('access_token')
  })

  it('must be set up by administrators before anything else, by token and by cookie', async () => {
    const { user } = await newAccount(fixture, 'boss')
    await fixture.database.user.update({ where: { id: user.id }, data: { role: 'admin' } })
    const { access_token: access, refresh_token: refresh } = (await firstStep('boss')).json()
    const web = await fixture.users.createWebSession(user.id, { ipAddress: null, userAgent: null })
    const cookie = { cookie: `timbre_session=${web.token}`, 'sec-fetch-site': 'same-origin' }
    for (const url of ['/api/users', '/api/users/profile', '/api/users/sessions']) {
      for (const headers of [bearer(access), cookie]) {
        const answer = await fixture.app.inject({ url, headers })
        expect(answer.json(), url).toMatchObject({ status: 403, code: 'mfa_setup_required' })
      }
    }
    expect((await get(fixture.app, '/api/users/mfa', access)).json()).toMatchObject({ required: true })
    const setUp = await post(fixture.app, '/api/users/mfa/setup', { current_password: password }, cookie)
    const { secret } = setUp.json()
    const enabled = await post(
      fixture.app,
      '/api/users/mfa/enable',
      { code: nextCode(secret) },
      bearer(access),
    )
    expect(enabled.statusCode).toBe(200)
    // The cookie is good at once, the token once it was refreshed.
    expect((await fixture.app.inject({ url: '/api/users', headers: cookie })).statusCode).toBe(200)
    expect((await get(fixture.app, '/api/users', access)).statusCode).toBe(403)
    const renewed = (await post(fixture.app, '/api/users/refresh', { refresh_token: refresh })).json()
    expect((await get(fixture.app, '/api/users', renewed.access_token)).statusCode).toBe(200)
    const removal = await post(
      fixture.app,
      '/api/users/mfa/disable',
      { current_password: password, code: nextCode(secret) },
      bearer(renewed.access_token),
    )
    expect(removal.statusCode).toBe(403)
  })
})
