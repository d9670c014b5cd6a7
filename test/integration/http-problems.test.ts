import { createServer } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createDatabase, type Database } from '../../src/platform/database'
import { AppError } from '../../src/platform/errors'
import { isUnavailable } from '../../src/platform/errors/unavailable'
import { startTestDatabase } from '../support/database'
import { get, post, startAccountsApp, type AccountsApp } from '../support/accounts-app'

const bodySchema = z.object({
  name: z.string().min(2),
  tracks: z.array(z.object({ gain: z.number().max(1) })).optional(),
})

let fixture: AccountsApp
beforeAll(async () => {
  fixture = await startAccountsApp({
    settings: { S3_ENDPOINT: 'https://objects.example:9000', S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b' },
    routes(app, database) {
      app.post('/api/echo', { schema: { body: bodySchema } }, async (request) => request.body)
      app.get('/api/broken', async () => {
        throw new Error('the secret plan lies in the cellar')
      })
      app.get(
        '/api/wrong-answer',
        { schema: { response: { 200: z.object({ n: z.number() }) } } },
        async () => ({
          n: 'secret' as unknown as number,
        }),
      )
      app.get('/api/short', async () => {
        throw new AppError('insufficient_minutes', {
          message: 'This takes 90 seconds, 30 are left',
          details: { seconds_needed: 90, seconds_remaining: 30 },
        })
      })
      app.get('/api/sleepy', async () => {
        await database.$queryRaw`SELECT pg_sleep(20)`
      })
      app.get('/page', async (_, reply) => {
        const nonce = reply.cspNonce.script
        return reply.type('text/html').send(`<script nonce="${nonce}"></script>`)
      })
    },
  })
})
afterAll(() => fixture.close())

describe('problem details', () => {
  const expectProblem = (
    answer: { statusCode: number; headers: object; json(): unknown },
    status: number,
    code: string,
  ) => {
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    })
    expect(answer.json()).toMatchObject({
      type: `urn:timbre:problem:${code}`,
      title: expect.any(String),
      status,
      detail: expect.any(String),
      instance: expect.stringMatching(/^\//),
      code,
      request_id: expect.any(String),
    })
    expect(answer.statusCode).toBe(status)
  }
  const send = (payload: string, contentType = 'application/json') =>
    fixture.app.inject({
      method: 'POST',
      url: '/api/echo',
      payload,
      headers: { 'content-type': contentType },
    })

  it('name the fields that are not valid', async () => {
    const answer = await send(JSON.stringify({ name: 'x', tracks: [{ gain: 1 }, { gain: 7 }] }))
    expectProblem(answer, 400, 'validation_failed')
    expect(answer.json().errors).toEqual([
      { field: 'name', message: expect.stringContaining('2') },
      { field: 'tracks.1.gain', message: expect.stringContaining('1') },
    ])
    expectProblem(await send('null'), 400, 'validation_failed')
  })

  it('say what is wrong with a body that cannot be read', async () => {
    expectProblem(await send('{"name":'), 400, 'bad_request')
    expectProblem(await send(''), 400, 'bad_request')
    expectProblem(await send('<name/>', 'application/xml'), 415, 'unsupported_media_type')
    expectProblem(await send(JSON.stringify({ name: 'x'.repeat(70_000) })), 413, 'payload_too_large')
    expectProblem(await send('{"__proto__":{"name":"xx"}}'), 400, 'bad_request')
  })

  it('answer unknown and unparsable addresses', async () => {
    expectProblem(await get(fixture.app, '/api/nowhere?token=secret'), 404, 'not_found')
    expect((await get(fixture.app, '/api/nowhere?token=secret')).body).not.toContain('secret')
    expectProblem(await get(fixture.app, '/api/%zz'), 400, 'bad_request')
  })

  it('carry the details of an error of ours', async () => {
    const answer = await get(fixture.app, '/api/short')
    expectProblem(answer, 402, 'insufficient_minutes')
    expect(answer.json()).toMatchObject({
      detail: 'This takes 90 seconds, 30 are left',
      seconds_needed: 90,
      seconds_remaining: 30,
    })
  })

  it('never tell what went wrong inside, but the log does, under the same request id', async () => {
    const answer = await get(fixture.app, '/api/broken')
    expectProblem(answer, 500, 'internal')
    expect(answer.body).not.toContain('cellar')
    const { request_id: id } = answer.json()
    const logged = fixture.log
      .map((line) => JSON.parse(line))
      .find((line) => line.reqId === id && line.level === 50)
    expect(logged.err.message).toContain('cellar')
    const wrong = await get(fixture.app, '/api/wrong-answer')
    expectProblem(wrong, 500, 'internal')
    expect(wrong.body).not.toContain('secret')
  })
})

describe('a database that is away', () => {
  it('gives 503 with Retry-After when connections are cut, and works again afterwards', async () => {
    const url = await connectionUrlOf(fixture)
    const waiting = get(fixture.app, '/api/sleepy')
    const admin = new pg.Client({ connectionString: url })
    await admin.connect()
    let cut = 0
    while (cut === 0) {
      await sleep(50)
      const { rowCount } = await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%pg_sleep(20)%'`,
      )
      cut = rowCount ?? 0
    }
    await admin.end()
    const answer = await waiting
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'unavailable'])
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    const login = await post(fixture.app, '/api/users/login', { identifier: 'nobody', password: 'wrong' })
    expect(login.statusCode).toBe(401)
  })

  it.each([
    ['nothing listens', 'postgresql://timbre@127.0.0.1:1/timbre'],
    ['the socket is gone', 'postgresql://timbre@localhost/timbre?host=/nonexistent'],
    ['no such host', 'postgresql://timbre@database.invalid/timbre'],
  ])('is recognised: %s', async (_, url) => {
    expect(await failureOf(createDatabase({ url, maxConnections: 1 }))).toSatisfy(isUnavailable)
  })

  it('is recognised: it does not answer', { timeout: 20_000 }, async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as { port: number }
    const url = `postgresql://timbre@127.0.0.1:${port}/timbre`
    expect(await failureOf(createDatabase({ url, maxConnections: 1 }))).toSatisfy(isUnavailable)
    silent.close()
  })

  it('is recognised: all connections stay in use', { timeout: 20_000 }, async () => {
    const { url, stop } = await startTestDatabase()
    const database = createDatabase({ url, maxConnections: 1 })
    const blocking = database.$queryRaw`SELECT pg_sleep(7)`.catch(() => undefined)
    await sleep(200)
    expect(await failureOf(database)).toSatisfy(isUnavailable)
    await blocking
    await database.$disconnect()
    await stop()
  })

  it('is not mistaken for errors of the query', async () => {
    const failure = await fixture.database.$queryRaw`SELECT * FROM nothing_of_that_name`.catch(
      (e: unknown) => e,
    )
    expect(failure).toBeInstanceOf(Error)
    expect(isUnavailable(failure)).toBe(false)
    expect(isUnavailable(new Error('any other'))).toBe(false)
  })

  const failureOf = (database: Database) =>
    database.user.count().then(
      () => null,
      (error: unknown) => error,
    )
  async function connectionUrlOf({ database }: AccountsApp): Promise<string> {
    const [row] = await database.$queryRaw<{ name: string; folder: string; owner: string }[]>`
      SELECT current_database() AS name, current_setting('unix_socket_directories') AS folder, current_user AS owner`
    return `postgresql://${row!.owner}@localhost/${row!.name}?host=${encodeURIComponent(row!.folder)}`
  }
})

describe('security headers', () => {
  it('allow pages what they need, with a nonce of their own each', async () => {
    const [first, second] = [await get(fixture.app, '/page'), await get(fixture.app, '/page')]
    const policy = String(first.headers['content-security-policy'])
    const nonce = /nonce="([^"]+)"/.exec(first.body)?.[1]
    expect(policy).toContain(`script-src 'self' 'nonce-${nonce}'`)
    expect(second.body).not.toBe(first.body)
    const directive = (name: string) => new RegExp(`(?:^|;)${name} ([^;]*)`).exec(policy)?.[1]
    expect(directive('connect-src')).toBe("'self' blob: https://objects.example:9000")
    expect(directive('media-src')).toBe("'self' blob: https://objects.example:9000")
    expect(directive('frame-ancestors')).toBe("'none'")
    expect(policy).not.toContain("script-src 'self' 'unsafe-inline'")
    expect(policy).not.toContain('unsafe-eval')
    expect(first.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' })
    // Without https neither may be sent: browsers would look for the product where it is not.
    expect(first.headers['strict-transport-security']).toBeUndefined()
    expect(policy).not.toContain('upgrade-insecure-requests')
  })

  it('allow answers of the API nothing', async () => {
    const { headers } = await get(fixture.app, '/api/short')
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
  })

  it('ask for https from then on where the product is reached by it', async () => {
    const secure = await startAccountsApp({ settings: { PUBLIC_URL: 'https://studio.example' } })
    try {
      for (const path of ['/', '/api/users/profile']) {
        const { headers } = await get(secure.app, path)
        expect(headers['strict-transport-security'], path).toMatch(/^max-age=31536000/)
      }
    } finally {
      await secure.close()
    }
  })
})
