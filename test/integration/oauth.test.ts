import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectStatus, signUp, type ApiClient } from '../support/api-client'
import { startProduct, type TestProduct } from '../support/product'

// The product under test listens without TLS.
// eslint-disable-next-line @typescript-eslint/no-deprecated -- it is marked so to stand out, not to go away
const insecure = { [oauth.allowInsecureRequests]: true }
const callback = 'http://127.0.0.1:4567/callback'

interface Registered {
  client_id: string
  client_secret: string | null
}

describe('OAuth 2.1 for apps, by oauth4webapi', () => {
  let product: TestProduct
  let server: oauth.AuthorizationServer
  let developer: ApiClient
  let user: ApiClient
  let app: Registered

  beforeAll(async () => {
    product = await startProduct()
    const issuer = new URL(product.config.publicUrl)
    const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
    server = await oauth.processDiscoveryResponse(issuer, answer)
    developer = await signUp(product)
    user = await signUp(product)
    app = await register()
  })
  afterAll(() => product.stop())

  async function register(fields: object = {}): Promise<Registered> {
    const wanted = { name: 'Podcast helper', redirect_uris: ['http://127.0.0.1/callback'], ...fields }
    const answer = await developer.request('POST', '/api/oauth/clients', wanted)
    return (await (await expectStatus(answer, 201)).json()) as Registered
  }

  async function askFor(changes: Record<string, string | undefined> = {}) {
    const verifier = oauth.generateRandomCodeVerifier()
    const asked = {
      client_id: app.client_id,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'jobs:read storage:*',
      state: oauth.generateRandomState(),
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...changes,
    }
    return { verifier, asked }
  }

  async function decide(asked: object, approve = true): Promise<URL> {
    const answer = await user.request('POST', '/api/oauth/authorize', { ...asked, approve })
    const { redirect_to: address } = (await (await expectStatus(answer, 200)).json()) as {
      redirect_to: string
    }
    return new URL(address)
  }

  const clientOf = ({ client_id }: Registered): oauth.Client => ({ client_id })
  const proofOf = ({ client_secret: secret }: Registered) =>
    secret === null ? oauth.None() : oauth.ClientSecretBasic(secret)

  /** From consent to tokens, as an app does it. */
  async function authorise(registered = app) {
    const { verifier, asked } = await askFor({ client_id: registered.client_id })
    const back = await decide(asked)
    const exchange = (codeVerifier = verifier) =>
      oauth.authorizationCodeGrantRequest(
        ...([server, clientOf(registered), proofOf(registered)] as const),
        oauth.validateAuthResponse(server, clientOf(registered), back, asked.state),
        ...([callback, codeVerifier, insecure] as const),
      )
    return { exchange, asked, back }
  }

  async function tokensOf(registered = app) {
    const { exchange } = await authorise(registered)
    return oauth.processAuthorizationCodeResponse(server, clientOf(registered), await exchange())
  }

  const call = (token: string, path: string) =>
    fetch(product.url + path, { headers: { authorization: `Bearer ${token}` } })
  const refresh = (token: string, registered = app) =>
    oauth.refreshTokenGrantRequest(
      ...([server, clientOf(registered), proofOf(registered), token, insecure] as const),
    )

  it('describes itself', () => {
    expect(server).toMatchObject({
      issuer: new URL(product.config.publicUrl).origin,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
    })
    expect(server.scopes_supported).toContain('text-to-speech:write')
  })

  it('tells the user what is asked, and gives tokens for what was allowed alone', async () => {
    const { asked } = await askFor()
    const consent = await user.get(`/api/oauth/authorize?${new URLSearchParams(asked).toString()}`)
    expect(consent).toEqual({
      client_name: 'Podcast helper',
      redirect_host: '127.0.0.1:4567',
      scopes: ['jobs:read', 'storage:*'],
      redirect_to: null,
    })
    const tokens = await tokensOf()
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'jobs:read storage:*' })
    expect((await call(tokens.access_token, '/api/audio/jobs')).status).toBe(200)
    expect((await call(tokens.access_token, '/api/storage')).status).toBe(200)
    expect((await call(tokens.access_token, '/api/voice-library')).status).toBe(403)
    expect((await call(tokens.access_token, '/api/users/profile')).status).toBe(403)
  })

  it('shows what cannot be trusted instead of redirecting to it', async () => {
    for (const changes of [{ redirect_uri: 'https://evil.example.org/' }, { client_id: 'nobody' }]) {
      const { asked } = await askFor(changes)
      expect((await user.request('POST', '/api/oauth/authorize', { ...asked, approve: true })).status).toBe(
        400,
      )
    }
  })

  it.each([
    ['no PKCE', { code_challenge: undefined }, 'invalid_request'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['an unknown scope', { scope: 'admin:all' }, 'invalid_scope'],
    ['no scope', { scope: '' }, 'invalid_scope'],
  ])('sends the app back with an error for %s', async (_what, changes, error) => {
    const { asked } = await askFor(changes)
    const back = await decide(asked)
    expect(back.searchParams.get('error')).toBe(error)
    expect(back.searchParams.get('code')).toBeNull()
    expect(back.searchParams.get('state')).toBe(asked.state)
  })

  it('sends the app back with a refusal', async () => {
    const { asked } = await askFor()
    const back = await decide(asked, false)
    expect(back.origin).toBe('http://127.0.0.1:4567')
    expect(back.searchParams.get('error')).toBe('access_denied')
  })

  it('takes a code once, with its verifier', async () => {
    const { exchange } = await authorise()
    const wrong = await exchange(oauth.generateRandomCodeVerifier())
    expect(await wrong.json()).toMatchObject({ error: 'invalid_grant' })

    const second = await authorise()
    const tokens = await oauth.processAuthorizationCodeResponse(
      ...([server, clientOf(app), await second.exchange()] as const),
    )
    expect((await call(tokens.access_token, '/api/audio/jobs')).status).toBe(200)
    const again = await second.exchange()
    expect(await again.json()).toMatchObject({ error: 'invalid_grant' })
    // A code that comes twice was stolen: what came of it ends.
    expect((await call(tokens.access_token, '/api/audio/jobs')).status).toBe(401)
  })

  it('rotates refresh tokens, and ends everything when one is used again', async () => {
    const first = await tokensOf()
    const second = await oauth.processRefreshTokenResponse(
      ...([server, clientOf(app), await refresh(first.refresh_token!)] as const),
    )
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect((await call(second.access_token, '/api/audio/jobs')).status).toBe(200)
    const reused = await refresh(first.refresh_token!)
    expect(reused.status).toBe(400)
    expect(await reused.json()).toMatchObject({ error: 'invalid_grant' })
    expect((await call(second.access_token, '/api/audio/jobs')).status).toBe(401)
    expect((await refresh(second.refresh_token!)).status).toBe(400)
    const audited = await product.container.database.auditEntry.count({
      where: { userId: user.userId, action: 'oauth.reuse_detected' },
    })
    expect(audited).toBeGreaterThan(0)
  })

  it('asks apps that can keep a secret for it', async () => {
    const confidential = await register({ confidential: true })
    expect(confidential.client_secret).toMatch(/^ts_/)
    const tokens = await tokensOf(confidential)
    expect((await call(tokens.access_token, '/api/audio/jobs')).status).toBe(200)
    const without = await refresh(tokens.refresh_token!, { ...confidential, client_secret: null })
    expect(without.status).toBe(401)
    expect(await without.json()).toMatchObject({ error: 'invalid_client' })
    const wrong = await refresh(tokens.refresh_token!, { ...confidential, client_secret: 'ts_wrong' })
    expect(wrong.status).toBe(401)
    // Nor can another app use its tokens.
    expect((await refresh(tokens.refresh_token!)).status).toBe(400)
  })

  it('ends tokens that the app gives back', async () => {
    const tokens = await tokensOf()
    const answer = await oauth.revocationRequest(
      ...([server, clientOf(app), oauth.None(), tokens.refresh_token!, insecure] as const),
    )
    await oauth.processRevocationResponse(answer)
    expect((await call(tokens.access_token, '/api/audio/jobs')).status).toBe(401)
    const unknown = await oauth.revocationRequest(
      ...([server, clientOf(app), oauth.None(), 'tr_unknown', insecure] as const),
    )
    expect(unknown.status).toBe(200)
  })

  it('lets users see and take back what they allowed', async () => {
    const tokens = await tokensOf()
    const { data } = await user.get<{ data: { id: string; client_name: string }[] }>('/api/oauth/grants')
    expect(data[0]).toMatchObject({ client_name: 'Podcast helper' })
    expect((await developer.request('DELETE', `/api/oauth/grants/${data[0]!.id}`)).status).toBe(404)
    await expectStatus(await user.request('DELETE', `/api/oauth/grants/${data[0]!.id}`), 204)
    expect((await call(tokens.access_token, '/api/audio/jobs')).status).toBe(401)
  })

  it('lets no app register apps or allow anything', async () => {
    const { access_token: token } = await tokensOf()
    expect((await call(token, '/api/oauth/clients')).status).toBe(403)
    expect((await call(token, '/api/keys')).status).toBe(403)
  })
})
