import { createECDH, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MailRefused, type Mail, type Mailer } from '../../../src/platform/mail'
import { decryptPush } from '../../support/push-decryption'
import {
  publicUrl,
  startNotifications,
  startReceiver,
  vapidKeys,
  type NotificationsStand,
  type Receiver,
} from '../../support/notifications'

let stand: NotificationsStand
let service: Receiver
let userId: string

beforeAll(async () => {
  stand = await startNotifications()
  service = await startReceiver()
})
afterAll(async () => {
  service.stop()
  await stand.stop()
})
beforeEach(async () => {
  userId = await stand.newUser()
  service.requests.length = 0
  service.answer = () => 201
})

const completed = (idempotencyKey: string) => ({
  userId,
  event: 'job.completed' as const,
  data: { job_id: '0197-1', capability: 'noise-removal', filename: 'talk.wav' },
  idempotencyKey,
})
const inbox = (id = userId) =>
  stand.database.localMail.findMany({ where: { recipient: `${id}@example.org` }, orderBy: { id: 'asc' } })
const page = { limit: 10 }

describe('notifications', () => {
  it('are told once for a key, from however many places at the same time', async () => {
    const others = [stand.notifications, stand.another(), stand.another()]
    await Promise.all(others.map(({ notify }) => notify(completed('once'))))
    await stand.notifications.notify(completed('once'))
    const { data } = await stand.notifications.service.list(userId, page)
    expect(data).toMatchObject([
      { title: 'Your noise removal is ready', href: '/jobs/0197-1', read_at: null, event: 'job.completed' },
    ])
    expect(await stand.notifications.service.countUnread(userId)).toBe(1)
    const read = await stand.notifications.service.markRead(userId, data[0]!.id)
    expect(read.read_at).not.toBeNull()
    expect((await stand.notifications.service.list(userId, { ...page, unread: true })).data).toEqual([])
  })

  it('stand and fall with the transaction that they belong to', async () => {
    await expect(
      stand.database.$transaction(async (client) => {
        await stand.notifications.notify(completed('undone'), client)
        throw new Error('broke off')
      }),
    ).rejects.toThrow('broke off')
    await stand.database.$transaction(async (client) => {
      await stand.notifications.notify(completed('done'), client)
      // The same key again must not spoil the transaction.
      await stand.notifications.notify(completed('done'), client)
      await client.user.update({ where: { id: userId }, data: { displayName: 'still works' } })
    })
    expect((await stand.notifications.service.list(userId, page)).data).toHaveLength(1)
  })

  it('go by the ways that somebody wants for the topic', async () => {
    const { preferences, notify } = stand.notifications
    expect(await preferences.of(userId)).toMatchObject({
      account: { in_app: false, email: true },
      job: { in_app: true, email: false },
      payment: { in_app: true, email: true },
    })
    await notify(completed('1'))
    await preferences.change(userId, { job: { email: true, in_app: false } })
    await notify(completed('2'))
    await stand.notifications.sweep()
    expect((await stand.notifications.service.list(userId, page)).data).toHaveLength(1)
    expect(await inbox()).toMatchObject([{ subject: 'Your noise removal is ready' }])
  })

  it("keep an account's secrets to its e-mail: not in the app, not by webhook, not in the database", async () => {
    const endpoint = await stand.notifications.webhooks.create(userId, {
      ...{ url: service.url, description: '', events: [] },
    })
    const link = `${publicUrl}/reset-password?token=top-secret`
    await stand.notifications.notify({
      ...{ userId, event: 'account.password_reset', idempotencyKey: `reset:${userId}` },
      data: { link, expires_minutes: 30 },
    })
    const rows = () =>
      stand.database.notification.findMany({ where: { userId }, include: { deliveries: true } })
    expect(JSON.stringify(await rows())).not.toContain('top-secret')
    await stand.notifications.sweep()
    const [mail] = await inbox()
    expect(mail?.text).toContain(link)
    expect(mail?.html).toContain(`href="${link}"`)
    expect((await stand.notifications.service.list(userId, page)).data).toEqual([])
    expect((await stand.notifications.webhooks.deliveries(userId, endpoint.id, page)).data).toEqual([])
    expect((await rows())[0]?.deliveries).toMatchObject([{ status: 'sent', sealed: null }])
  })

  it('go to another address where the event asks for that', async () => {
    await stand.notifications.notify({
      ...{ userId, event: 'account.email_change', idempotencyKey: `change:${userId}` },
      to: `new-${userId}@example.org`,
      data: { link: `${publicUrl}/verify-email?token=x` },
    })
    await stand.notifications.sweep()
    expect(await inbox()).toEqual([])
    expect(await inbox(`new-${userId}`)).toHaveLength(1)
  })
})

describe('e-mail', () => {
  const mailer = (send: (mail: Mail) => Promise<void>): Mailer => ({
    ...{ kind: 'smtp', send, check: () => Promise.resolve(), close: () => undefined },
  })
  const paid = (idempotencyKey: string) => ({
    ...{ userId, event: 'payment.succeeded' as const, idempotencyKey },
    data: { amount: '$10.00', minutes: 60 },
  })
  const rowOf = () =>
    stand.database.notificationDelivery.findFirstOrThrow({
      where: { notification: { userId }, channel: 'email' },
    })

  it('is sent once by many processes that sweep at the same time', async () => {
    const sent: Mail[] = []
    const slow = mailer(async (mail) => {
      sent.push(mail)
      await new Promise((resolve) => setTimeout(resolve, 50))
    })
    await stand.notifications.notify(paid('many'))
    await Promise.all([1, 2, 3, 4].map(() => stand.another(slow).sweep()))
    expect(sent.filter(({ to }) => to === `${userId}@example.org`)).toHaveLength(1)
  })

  it('waits longer after each failure, keeps its id, and is given up in the end', async () => {
    const ids: string[] = []
    const { sweep } = stand.another(
      mailer(({ to, id }) => {
        if (to.startsWith(userId)) ids.push(id)
        return Promise.reject(new Error('greylisted'))
      }),
    )
    await stand.notifications.notify(paid('later'))
    await sweep()
    await sweep()
    expect(ids).toHaveLength(1)
    stand.clock.forward(31)
    await sweep()
    expect(ids).toHaveLength(2)
    for (let turn = 0; turn < 8; turn += 1) {
      stand.clock.forward(44_000)
      await sweep()
    }
    expect(ids).toHaveLength(7)
    expect(new Set(ids).size).toBe(1)
    expect(await rowOf()).toMatchObject({ status: 'failed', lastError: 'greylisted' })
  })

  it('is not tried again where the server refuses it for good', async () => {
    const { sweep } = stand.another(mailer(() => Promise.reject(new MailRefused('no such mailbox'))))
    await stand.notifications.notify(paid('refused'))
    await sweep()
    expect(await rowOf()).toMatchObject({ status: 'failed', attempts: 1, lastError: 'no such mailbox' })
  })

  it('is sent again only where a process died between sending and writing that down', async () => {
    let sent = 0
    const { sweep } = stand.another(
      mailer(async ({ to }) => {
        if (to.startsWith(userId)) sent += 1
        await Promise.resolve()
      }),
    )
    await stand.notifications.notify(paid('crash'))
    // As the row is left by a process that claimed it and died.
    const { id } = await rowOf()
    await stand.database.notificationDelivery.update({
      where: { id },
      data: { attempts: 1, nextAttemptAt: new Date(stand.clock.now.getTime() + 120_000) },
    })
    await sweep()
    expect(sent).toBe(0)
    stand.clock.forward(121)
    await sweep()
    await sweep()
    expect(sent).toBe(1)
  })
})

describe('web push', () => {
  const browser = createECDH('prime256v1')
  const p256dh = browser.generateKeys().toString('base64url')
  const auth = randomBytes(16).toString('base64url')
  const subscribe = (path = `/push/${randomBytes(6).toString('hex')}`) =>
    stand.notifications.service.subscribe(
      userId,
      { endpoint: service.url + path, keys: { p256dh, auth } },
      'Firefox',
    )

  it('reaches the browser, which alone can read it', async () => {
    await subscribe('/push/abc')
    await stand.notifications.notify(completed('push'))
    await stand.notifications.sweep()
    await stand.notifications.sweep()
    expect(service.requests).toHaveLength(1)
    const { path, headers, body } = service.requests[0]!
    expect(path).toBe('/push/abc')
    expect(headers).toMatchObject({ 'content-encoding': 'aes128gcm', ttl: '86400' })
    expect(body.toString('latin1')).not.toContain('noise')
    const clear = decryptPush(body, browser, auth)
    expect(JSON.parse(clear)).toMatchObject({
      title: 'Your noise removal is ready',
      href: '/jobs/0197-1',
    })
    // VAPID (RFC 8292): signed for this push service by the key that browsers subscribed with.
    const [, token, key] = /^vapid t=([^,]+), ?k=(.+)$/.exec(headers.authorization ?? '') ?? []
    expect(key).toBe(vapidKeys.publicKey)
    const claims = JSON.parse(Buffer.from(token!.split('.')[1]!, 'base64url').toString()) as object
    expect(claims).toMatchObject({ aud: service.url, sub: 'mailto:operator@example.org' })
  })

  it.each([404, 410])('forgets a browser that its service answers %d for', async (status) => {
    await subscribe()
    service.answer = () => status
    await stand.notifications.notify(completed(`gone ${status}`))
    await stand.notifications.sweep()
    expect(await stand.notifications.service.subscriptions(userId)).toEqual([])
  })

  it('is tried again where the service has trouble', async () => {
    await subscribe()
    service.answer = () => 503
    await stand.notifications.notify(completed('busy'))
    await stand.notifications.sweep()
    service.answer = () => 201
    stand.clock.forward(31)
    await stand.notifications.sweep()
    expect(service.requests).toHaveLength(2)
    expect(await stand.notifications.service.subscriptions(userId)).toHaveLength(1)
  })

  it('ends when the browser is signed off, and leaves with the person who signs on at the same browser', async () => {
    const { id } = await subscribe('/push/shared')
    await stand.notifications.notify(completed('signed off'))
    await stand.notifications.service.unsubscribe(userId, id)
    await stand.notifications.sweep()
    expect(service.requests).toEqual([])
    const first = userId
    await subscribe('/push/shared')
    userId = await stand.newUser()
    await subscribe('/push/shared')
    expect(await stand.notifications.service.subscriptions(first)).toEqual([])
    expect(await stand.notifications.service.subscriptions(userId)).toHaveLength(1)
  })
})
