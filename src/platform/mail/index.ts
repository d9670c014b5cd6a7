import { createTransport } from 'nodemailer'
import type { Database } from '../database'

export interface Mail {
  /** Stays the same where a mail is sent again, so that a double can be recognised: becomes its Message-ID. */
  id: string
  to: string
  subject: string
  text: string
  html: string
}

/** A mail that the server will not take, now or later: the address is wrong, or it refuses us. */
export class MailRefused extends Error {}

export interface Mailer {
  /** `mailbox`: there is no mail server, mails are kept for administrators to read. */
  kind: 'smtp' | 'mailbox'
  /** @throws MailRefused for good; any other error: it may be tried again. */
  send(mail: Mail): Promise<void>
  /** Logs in at the mail server and out again. */
  check(): Promise<void>
  close(): void
}

export interface MailerOptions {
  smtpUrl: string | undefined
  /** Sender: an address, or `Name <address>`. */
  from: string
  database: Database
}

/** How long a mail server may be silent before a mail is tried again later. */
const timeoutMs = 20_000

/** Mails go to the server of `smtpUrl`; without one they are kept in the table `local_mails`. */
export function createMailer({ smtpUrl, from, database }: MailerOptions): Mailer {
  return smtpUrl === undefined ? createMailbox(from, database) : createSmtpMailer(smtpUrl, from)
}

function createSmtpMailer(smtpUrl: string, from: string): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: 2,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = /@([^@\s>]+)>?\s*$/.exec(from)?.[1] ?? 'localhost'
  return {
    kind: 'smtp',
    async send({ id, to, subject, text, html }) {
      try {
        // As an object: a recipient never is a list, whatever its text.
        await transport.sendMail({
          messageId: `<${id}@${domain}>`,
          from,
          to: { name: '', address: to },
          subject,
          text,
          html,
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
      } catch (error) {
        const { responseCode, message } = error as { responseCode?: number; message: string }
        if (responseCode !== undefined && responseCode >= 500)
          throw new MailRefused(message, { cause: error })
        throw error
      }
    },
    async check() {
      await transport.verify()
    },
    close: () => transport.close(),
  }
}

function createMailbox(from: string, database: Database): Mailer {
  return {
    kind: 'mailbox',
    async send({ id, to, subject, text, html }) {
      await database.localMail.upsert({
        where: { id },
        create: { id, sender: from, recipient: to, subject, text, html },
        update: {},
      })
      await forgetOldMails(database)
    },
    check: () => Promise.resolve(),
    close: () => undefined,
  }
}

const keptMails = 500

/** The mailbox is a convenience: it keeps the newest mails only. */
async function forgetOldMails(database: Database): Promise<void> {
  const oldest = await database.localMail.findMany({
    orderBy: { id: 'desc' },
    skip: keptMails,
    take: 1,
    select: { id: true },
  })
  if (oldest[0]) await database.localMail.deleteMany({ where: { id: { lte: oldest[0].id } } })
}
