import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  startNotifications,
  startReceiver,
  type NotificationsStand,
  type Received,
  type Receiver,
} from '../../support/notifications'

let stand: NotificationsStand
let receiver: Receiver
let userId: string
let endpoint: { id: string; secret: string }

beforeAll(async () => {
  stand = await startNotifications()
  receiver = await startReceiver()
})
afterAll(async () => {
  receiver.stop()
  await stand.stop()
})
beforeEach(async () => {
  userId = await stand.newUser()
  receiver.requests.length = 0
  receiver.answer = () => 204
  const { id, secret } = await create()
  endpoint = { id, secret }
})
afterEach(async () => {
  vi.useRealTimers()
  // Nothing is left to be tried in the next test.
  await stand.database.webhookEndpoint.deleteMany()
})

const create = (events: ('job.completed' | 'payment.succeeded')[] = [], url = `${receiver.url}/hook`) =>
  stand.notifications.webhooks.create(userId, { url, description: 'mine', events })
const page = { limit: 10 }
const log = async () => (await stand.notifications.webhooks.deliveries(userId, endpoint.id, page)).data
const happen = (key: string, event: 'job.completed' | 'payment.succeeded' = 'job.completed') =>
  stand.notifications.notify({
    ...{ userId, event, idempotencyKey: `${userId}:${key}` },
    data: { job_id: '0197-1', capability: 'noise-removal' },
  })
/** As a receiver verifies it, at the time of the test. */
function verify({ body, headers }: Received, secret = endpoint.secret): unknown {
  vi.useFakeTimers({ now: stand.clock.now, toFake: ['Date'] })
  return new Webhook(secret).verify(body.toString(), headers as Record<string, string>)
}

describe('webhooks', () => {
  it('are signed by Standard Webhooks, and sent once by many processes', async () => {
    await happen('signed')
    await Promise.all([1, 2, 3].map(() => stand.another().sweep()))
    expect(receiver.requests).toHaveLength(1)
    expect(verify(receiver.requests[0]!)).toEqual({
      type: 'job.completed',
      timestamp: stand.clock.now.toISOString(),
      data: { job_id: '0197-1', capability: 'noise-removal' },
    })
    expect(await log()).toMatchObject([
      { status: 'sent', id: receiver.requests[0]!.headers['webhook-id'], attempts: [{ status: 204 }] },
    ])
    const forged = { ...receiver.requests[0]!, body: Buffer.from('{}') }
    expect(() => verify(forged)).toThrow()
  })

  it('are delivered with the same id after the receiver was down for an hour', async () => {
    receiver.answer = () => null
    await happen('down')
    const upAt = stand.clock.now.getTime() + 3_600_000
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await stand.notifications.sweep()
      const [delivery] = await log()
      if (delivery?.next_attempt_at) stand.clock.now = new Date(delivery.next_attempt_at)
      if (stand.clock.now.getTime() >= upAt) receiver.answer = () => 200
    }
    const [delivery] = await log()
    expect(delivery).toMatchObject({ status: 'sent' })
    // 0, 5 s, 5 min and 30 min later it failed; the attempt two hours after that got through.
    expect(delivery!.attempts.map(({ status }) => status)).toEqual([null, null, null, null, 200])
    expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id']))).toEqual(
      new Set([delivery!.id]),
    )
  })

  it('are tried ten times by the schedule; a receiver that took nothing all the while is disabled', async () => {
    receiver.answer = () => 500
    await happen('never')
    const delaysSeconds: number[] = []
    for (;;) {
      await stand.notifications.sweep()
      const [delivery] = await log()
      if (delivery!.status !== 'pending') break
      const seconds = (Date.parse(delivery!.next_attempt_at!) - stand.clock.now.getTime()) / 1000
      delaysSeconds.push(seconds)
      stand.clock.forward(seconds)
    }
    expect(delaysSeconds).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400])
    expect(receiver.requests).toHaveLength(10)
    expect(await stand.notifications.webhooks.get(userId, endpoint.id)).toMatchObject({ status: 'disabled' })
    await happen('after')
    expect(await log()).toHaveLength(1)
  })

  it('end at once with 410, and begin again when they are enabled', async () => {
    receiver.answer = () => 410
    await happen('gone')
    await stand.notifications.sweep()
    const { webhooks } = stand.notifications
    expect(await webhooks.get(userId, endpoint.id)).toMatchObject({
      status: 'disabled',
      disabled_reason: 'The receiver answered 410 Gone.',
    })
    expect(await log()).toMatchObject([{ status: 'failed' }])
    await expect(webhooks.test(userId, endpoint.id)).rejects.toMatchObject({ code: 'conflict' })
    receiver.answer = () => 200
    await webhooks.change(userId, endpoint.id, { enabled: true })
    const since = new Date(stand.clock.now.getTime() - 60_000)
    expect(await webhooks.replaySince(userId, endpoint.id, since)).toBe(1)
    await stand.notifications.sweep()
    expect(await log()).toMatchObject([{ status: 'sent', attempts: [{ status: 410 }, { status: 200 }] }])
  })

  it('do not follow redirects', async () => {
    receiver.answer = () => 302
    await happen('redirect')
    await stand.notifications.sweep()
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/hook'])
    expect(await log()).toMatchObject([{ status: 'pending', attempts: [{ status: 302 }] }])
  })

  it('carry signatures by the old and the new secret while a rotation overlaps', async () => {
    const { secret } = await stand.notifications.webhooks.rotate(userId, endpoint.id, 3600)
    await happen('overlap')
    await stand.notifications.sweep()
    verify(receiver.requests[0]!, endpoint.secret)
    verify(receiver.requests[0]!, secret)
    stand.clock.forward(3601)
    await happen('over')
    await stand.notifications.sweep()
    expect(() => verify(receiver.requests[1]!, endpoint.secret)).toThrow()
    verify(receiver.requests[1]!, secret)
    const { secrets } = await stand.database.webhookEndpoint.findUniqueOrThrow({ where: { id: endpoint.id } })
    expect(JSON.stringify(secrets)).not.toContain(secret.slice(6))
  })

  it('can be replayed under the same id', async () => {
    await happen('replayed')
    await stand.notifications.sweep()
    const [{ id } = { id: '' }] = await log()
    await stand.notifications.webhooks.replay(userId, endpoint.id, id)
    expect(stand.queued).toContain(id)
    await stand.notifications.sweep()
    expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual([id, id])
  })

  it('are tested at once, without further attempts', async () => {
    receiver.answer = () => 500
    const tested = await stand.notifications.webhooks.test(userId, endpoint.id)
    expect(tested).toMatchObject({ event: 'webhook.test', status: 'failed', attempts: [{ status: 500 }] })
    expect(verify(receiver.requests[0]!)).toMatchObject({ type: 'webhook.test' })
  })

  it('bring the events that were chosen, and are nobody else’s', async () => {
    const { id } = await create(['payment.succeeded'], `${receiver.url}/money`)
    await happen('a job')
    await happen('a payment', 'payment.succeeded')
    await stand.notifications.sweep()
    expect(receiver.requests.map(({ path }) => path).sort()).toEqual(['/hook', '/hook', '/money'])
    const { webhooks } = stand.notifications
    const stranger = await stand.newUser()
    for (const attempt of [
      () => webhooks.get(stranger, id),
      () => webhooks.rotate(stranger, id, 0),
      () => webhooks.test(stranger, id),
      () => webhooks.deliveries(stranger, id, page),
      () => webhooks.remove(stranger, id),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'not_found' })
    }
  })
})
