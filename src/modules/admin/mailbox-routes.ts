import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { AuditLog } from '../../platform/audit'
import type { Database } from '../../platform/database'
import { AppError } from '../../platform/errors'
import {
  fetchPage,
  listSchema,
  pageQuerySchema,
  problems,
  requireAdmin,
  type PageQuery,
} from '../../platform/http'
import { administratorOf } from './administrator'

const path = '/api/admin/mailbox'
const security = [{ bearer: [] }]
const tags = ['admin']

const mailSchema = z.object({
  id: z.uuid(),
  from: z.string(),
  to: z.string(),
  subject: z.string(),
  created_at: z.iso.datetime(),
})

/** Mails of an installation without a mail server. They may hold links that log in, so that reading one is audited. */
export function mailboxRoutes({
  database,
  audit,
}: {
  database: Database
  audit: AuditLog
}): FastifyPluginAsyncZod {
  return async (app) => {
    app.addHook('onRequest', requireAdmin)

    app.get(
      path,
      {
        schema: {
          tags,
          security,
          summary: 'Mails that were kept because no mail server is set up, newest first',
          querystring: pageQuerySchema,
          response: { 200: listSchema(mailSchema), ...problems(400, 401, 403) },
        },
      },
      (request) => listMails(database, request.query),
    )

    app.get(
      `${path}/:id`,
      {
        schema: {
          tags,
          security,
          summary: 'A kept mail',
          params: z.object({ id: z.uuid() }),
          response: {
            200: mailSchema.extend({ text: z.string(), html: z.string() }),
            ...problems(401, 403, 404),
          },
        },
      },
      async (request) => {
        const mail = await database.localMail.findUnique({ where: { id: request.params.id } })
        if (!mail) throw new AppError('not_found', { message: 'There is no such mail.' })
        const details = { mail_id: mail.id, to: mail.recipient, subject: mail.subject }
        await audit.record({ action: 'mailbox.read', ...administratorOf(request), details })
        return { ...view(mail), text: mail.text, html: mail.html }
      },
    )
  }
}

/** One page of the kept mails, newest first. */
export function listMails(database: Database, query: PageQuery) {
  return fetchPage({
    url: path,
    query,
    find: (page) => database.localMail.findMany({ ...page, orderBy: { id: 'desc' } }),
    toItem: view,
  })
}

interface KeptMail {
  id: string
  sender: string
  recipient: string
  subject: string
  createdAt: Date
}

const view = ({ id, sender, recipient, subject, createdAt }: KeptMail) => ({
  ...{ id, from: sender, to: recipient, subject, created_at: createdAt.toISOString() },
})
