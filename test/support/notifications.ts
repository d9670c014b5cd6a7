import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createNotificationsModule,
  deriveVapidKeys,
  type NotificationsModule,
} from '../../src/modules/notifications'
import { createDatabase, type Database } from '../../src/platform/database'
import { newId } from '../../src/platform/ids'
import { createLogger } from '../../src/platform/logger'
import { createMailer, type Mailer } from '../../src/platform/mail'
import type { BackgroundTasks } from '../../src/platform/queue/tasks'
import { createSeal } from '../../src/platform/seal'
import { startTestDatabase } from './database'

export interface NotificationsStand {
  database: Database
  notifications: NotificationsModule
  /** A second process on the same database. */
  another(mailer?: Mailer): NotificationsModule
  /** What the modules take for the present time. */
  clock: { now: Date; forward(seconds: number): void }
  /** Ids that were handed to the queue, which delivers nothing by itself. */
  queued: string[]
  newUser(): Promise<string>
  stop(): Promise<void>
}

export const publicUrl = 'https://studio.example'
export const vapidKeys = deriveVapidKeys('a secret of this test')

/** The notifications module alone, with a clock that the test moves and a queue that delivers only by sweeps. */
export async function startNotifications(): Promise<NotificationsStand> {
  const testDatabase = await startTestDatabase()
  const database = createDatabase({ url: testDatabase.url, maxConnections: 10 })
  const queued: string[] = []
  const tasks: BackgroundTasks = {
    define: () => async (id) => void queued.push(id),
    start: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
  const clock = {
    now: new Date('2026-06-01T12:00:00Z'),
    forward(seconds: number) {
      clock.now = new Date(clock.now.getTime() + seconds * 1000)
    },
  }
  const another = (mailer = createMailer({ smtpUrl: undefined, from: 'Timbre <t@example.org>', database })) =>
    createNotificationsModule({
      ...{ database, tasks, mailer, vapidKeys, publicUrl },
      seal: createSeal('a secret of this test'),
      vapidSubject: 'mailto:operator@example.org',
      privateNetworks: true,
      appName: 'Timbre',
      logger: createLogger('server', 'silent'),
      now: () => clock.now,
    })
  return {
    ...{ database, clock, queued, another, notifications: another() },
    async newUser() {
      const id = newId()
      await database.user.create({
        data: { id, username: id, email: `${id}@example.org`, passwordHash: 'x' },
      })
      return id
    },
    async stop() {
      await database.$disconnect()
      await testDatabase.stop()
    },
  }
}

export interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface Receiver {
  url: string
  requests: Received[]
  /** How it answers; `null` closes the connection. */
  answer: (request: Received) => number | null
  stop(): void
}

/** A receiver of webhooks, or a push service, on this machine. */
export async function startReceiver(): Promise<Receiver> {
  const requests: Received[] = []
  const receiver: Receiver = {
    ...{ url: '', requests, answer: () => 204 },
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const received = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) }
      requests.push(received)
      const status = receiver.answer(received)
      if (status === null) request.socket.destroy()
      else response.writeHead(status, { location: '/elsewhere' }).end('noted')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return receiver
}
