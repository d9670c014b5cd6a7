import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { covers } from '../../src/platform/http'
import { newId } from '../../src/platform/ids'
import { listOperations, sampleOf, type Operation } from '../support/operations'
import { signUp, type ApiClient } from '../support/api-client'
import { startProduct, type TestProduct } from '../support/product'

/** Operations that anybody may call. Everything else asks who is there. */
const publicOperations = [
  'GET /api/audio/capabilities',
  'POST /api/audio/estimate',
  'POST /api/users/register',
  'POST /api/users/login',
  'POST /api/users/refresh',
  'POST /api/users/logout',
  // Sign-in steps, links in e-mails, gateways and the protocol of apps prove themselves in their own way.
  'POST /api/users/login/mfa',
  'POST /api/users/verify-email',
  'POST /api/users/password-reset',
  'POST /api/users/password-reset/confirm',
  'GET /api/payment/plans',
  'POST /api/payment/webhook',
  'POST /api/payment/webhook/{gateway}',
  'GET /.well-known/oauth-authorization-server',
  'POST /oauth/token',
  'POST /oauth/revoke',
]

/** Operations for administrators outside of `/api/admin`. */
const adminElsewhere = ['GET /api/users']

/** Bodies that the schema alone does not tell how to make. */
const bodies: Record<string, object> = {
  'PUT /api/audio/jobs/{job_id}/transcript': { version: 1, transcript: { segments: [] } },
  'PATCH /api/voice-library/{id}': { name: 'Theirs' },
  'PUT /api/dictionaries/{id}': {
    version: 1,
    name: 'Theirs',
    entries: [{ written: 'Nguyen', spoken: 'win', alphabet: 'respelling' }],
  },
}

/** Paths below which a user's own things lie; `createOwned` makes one of each. */
const ownedPaths = [
  ...['/api/audio/', '/api/storage/', '/api/voice-library/', '/api/dictionaries/', '/api/users/sessions/'],
  ...['/api/keys/', '/api/oauth/', '/api/payment/transactions/', '/api/notifications/', '/api/webhooks/'],
  '/api/payment/subscriptions/',
]

const isPublic = ({ name }: Operation) => publicOperations.includes(name)
const needsAdmin = ({ name, path }: Operation) =>
  path.startsWith('/api/admin/') || adminElsewhere.includes(name)

describe('who may call what, for every operation of the OpenAPI document', () => {
  let product: TestProduct
  let operations: Operation[]
  let owner: ApiClient
  let stranger: ApiClient
  /** What belongs to `owner`, by the beginning of the path that names it. */
  let owned: Record<string, string>

  beforeAll(async () => {
    product = await startProduct()
    operations = await listOperations(product.app)
    owner = await signUp(product)
    stranger = await signUp(product)
    owned = await createOwned()
  })
  afterAll(() => product.stop())

  async function createOwned(): Promise<Record<string, string>> {
    const { database } = product.container
    const { userId } = owner
    const id = newId()
    await database.audioProcessingJob.create({
      data: {
        ...{ id, userId, capability: 'text-to-speech', modelId: 'timbre-tacotron2', inputType: 'text' },
        ...{ inputText: 'Hello.', parameters: {}, seed: 1, awaitingInput: true },
      },
    })
    const object = { key: `uploads/${id}`, status: 'stored' as const, filename: 'a.wav', bytes: 4n }
    await product.container.objects.put(object.key, Buffer.from('RIFF'), { contentType: 'audio/wav' })
    await database.storedObject.create({
      data: { id, userId, contentType: 'audio/wav', storedAt: new Date(), ...object },
    })
    await database.voice.create({ data: { id, userId, name: 'Mine', consent: {} } })
    const entries: object[] = []
    await database.pronunciationDictionary.create({
      data: {
        ...{ id, userId, name: 'Mine' },
        versions: { create: { version: 1, name: 'Mine', entries, entryCount: 0 } },
      },
    })
    await database.apiKey.create({
      data: { id, userId, name: 'Mine', prefix: 'tk_', keyHash: id, scopes: ['jobs:read'] },
    })
    await database.session.create({
      data: { id, userId, kind: 'web', familyId: id, tokenHash: id, expiresAt: new Date(Date.now() + 1e6) },
    })
    await database.oauthClient.create({ data: { id, userId, name: 'Mine', redirectUris: [] } })
    await database.oauthGrant.create({ data: { id, userId, clientId: id, scopes: ['jobs:read'] } })
    await database.transaction.create({
      data: { id, userId, gateway: 'test', amountMinor: 100, currency: 'USD', seconds: 60 },
    })
    const plan = await database.pricingPlan.findFirstOrThrow({ where: { kind: 'subscription' } })
    await database.subscription.create({
      data: { id, userId, planId: plan.id, gateway: 'test', gatewayReference: id },
    })
    await database.notification.create({
      data: { id, userId, event: 'test', data: {}, inApp: true, idempotencyKey: id },
    })
    await database.pushSubscription.create({
      data: { id, userId, endpoint: `https://push.example.org/${id}`, p256dh: 'x', auth: 'x' },
    })
    await database.webhookEndpoint.create({
      data: { id, userId, url: 'https://example.org/', events: [], secrets: [] },
    })
    await database.webhookDelivery.create({ data: { id, endpointId: id, event: 'test', payload: '{}' } })
    return Object.fromEntries(ownedPaths.map((path) => [path, id]))
  }

  async function makeKey(scopes: string[]): Promise<string> {
    const { userId } = owner
    await product.container.database.user.update({ where: { id: userId }, data: { paid: true } })
    const wanted = {
      name: 'Test',
      scopes,
      expires_at: null,
      requests_per_minute: null,
      minutes_per_month: null,
    }
    return (await product.container.keys.service.create({ userId, ipAddress: null }, wanted)).key
  }

  async function call(operation: Operation, token: string | null, id: string): Promise<number> {
    const payload =
      bodies[operation.name] ?? (operation.body ? (sampleOf(operation.body) as object) : undefined)
    const answer = await product.app.inject({
      method: operation.method,
      url: operation.path.replace('{version}', '1').replaceAll(/\{\w+\}/g, id),
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      ...(payload === undefined || operation.method === 'GET' ? {} : { payload }),
    })
    return answer.statusCode
  }

  const nobodys = '00000000-0000-4000-8000-000000000000'
  /** What every operation of `some` answers, but for those that answer as they should. */
  async function wrong(
    some: Operation[],
    answer: (operation: Operation) => Promise<string | null>,
  ): Promise<string[]> {
    expect(some.length).toBeGreaterThan(0)
    const found: string[] = []
    for (const operation of some) {
      const problem = await answer(operation)
      if (problem) found.push(`${operation.name}: ${problem}`)
    }
    return found
  }

  it('lists as public only what there is', () => {
    const names = new Set(operations.map(({ name }) => name))
    expect([...publicOperations, ...adminElsewhere].filter((name) => !names.has(name))).toEqual([])
  })

  it('asks for a token', async () => {
    const closed = operations.filter((operation) => !isPublic(operation))
    const problems = await wrong(closed, async (operation) => {
      const status = await call(operation, null, nobodys)
      return status === 401
        ? null
        : `answered ${status} without a token. Add the hook requireUser, or list it in publicOperations here.`
    })
    expect(problems).toEqual([])
  })

  it('keeps administrators’ operations from users', async () => {
    const problems = await wrong(operations.filter(needsAdmin), async (operation) => {
      const status = await call(operation, stranger.token, nobodys)
      return status === 403 ? null : `answered a user with ${status}. Add the hook requireAdmin.`
    })
    expect(problems).toEqual([])
  })

  const idFor = (path: string) => Object.entries(owned).find(([prefix]) => path.startsWith(prefix))?.[1]

  const ofOneUser = () =>
    operations.filter(
      (operation) =>
        operation.parameters.length > 0 &&
        !isPublic(operation) &&
        !needsAdmin(operation) &&
        !operation.path.startsWith('/v1/'),
    )

  it('hides what is another user’s', async () => {
    const problems = await wrong(ofOneUser(), async (operation) => {
      const id = idFor(operation.path)
      if (!id)
        return 'no example belongs to anybody. Make one in createOwned here, and add its path to ownedPaths.'
      const status = await call(operation, stranger.token, id)
      if (status === 400) return 'answered 400: state a body that is valid in `bodies` here.'
      return status === 404 ? null : `answered ${status} for what is another user’s; it must be 404.`
    })
    expect(problems).toEqual([])
  })

  it('shows the same to its owner, so that the examples are real', async () => {
    const readable = ofOneUser().filter(
      ({ method, path }) => method === 'GET' && !/events$|stream$/.test(path),
    )
    const problems = await wrong(readable, async (operation) => {
      const status = await call(operation, owner.token, idFor(operation.path) ?? nobodys)
      return [401, 403].includes(status) ? `answered its owner with ${status}` : null
    })
    expect(problems).toEqual([])
    const shown = await call(
      operations.find(({ name }) => name === 'GET /api/audio/job-status/{job_id}')!,
      ...([owner.token, owned['/api/audio/']!] as const),
    )
    expect(shown).toBe(200)
  })

  it('refuses keys without the scope, and any key where no scope is stated', async () => {
    const all = await makeKey(['*'])
    const few = [await makeKey(['dictionaries:read']), await makeKey(['voices:read'])]
    const granted = ['dictionaries:read', 'voices:read']
    const closed = operations.filter((operation) => !isPublic(operation) && operation.scope !== '*:read')
    const problems = await wrong(closed, async (operation) => {
      const { scope } = operation
      const key = scope === undefined ? all : few[granted.findIndex((one) => !covers([one], scope))]!
      const status = await call(operation, key, nobodys)
      return status === 403 ? null : `answered a key without ${scope ?? 'any scope'} with ${status}`
    })
    expect(problems).toEqual([])
  })

  it('lets keys read what their scope names', async () => {
    const key = await makeKey(['*'])
    const readable = operations.filter(
      ({ method, scope, path }) => method === 'GET' && scope !== undefined && !/events$|stream$/.test(path),
    )
    const problems = await wrong(readable, async (operation) => {
      const status = await call(operation, key, idFor(operation.path) ?? nobodys)
      return [401, 403].includes(status) ? `answered a key that may do all with ${status}` : null
    })
    expect(problems).toEqual([])
  })

  it('takes keys for no administrator’s operation', () => {
    expect(
      operations.filter((one) => needsAdmin(one) && one.scope !== undefined).map(({ name }) => name),
    ).toEqual([])
  })
})
