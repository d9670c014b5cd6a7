import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Database } from '../database'
import { createMailer, MailRefused, type Mailer } from '.'

const open: { close(): void }[] = []
afterEach(() => {
  for (const thing of open.splice(0)) thing.close()
})

/** As much of RFC 5321 as a client needs that sends one mail. */
async function startSmtpServer(answerToRecipient = '250 OK'): Promise<{ url: string; mails: string[] }> {
  const mails: string[] = []
  const server: Server = createServer((socket) => {
    let mail: string | null = null
    let rest = ''
    socket.on('error', () => undefined)
    socket.write('220 here\r\n')
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (mail !== null) {
          if (line !== '.') mail += `${line}\n`
          else {
            mails.push(mail)
            mail = null
            socket.write('250 taken\r\n')
          }
        } else if (line === 'DATA') {
          mail = ''
          socket.write('354 go on\r\n')
        } else if (line.startsWith('RCPT')) socket.write(`${answerToRecipient}\r\n`)
        else if (line === 'QUIT') socket.end('221 bye\r\n')
        else socket.write('250 OK\r\n')
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(server)
  return { url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, mails }
}

function mailerFor(smtpUrl: string): Mailer {
  const mailer = createMailer({ smtpUrl, from: 'Timbre <studio@example.org>', database: {} as Database })
  open.push(mailer)
  return mailer
}

const mail = {
  id: '0197-1',
  to: 'ada@example.net',
  subject: 'Grüße',
  text: 'Hello.\n',
  html: '<p>Hello.</p>',
}

describe('mail by SMTP', () => {
  it('arrives as text and HTML, under an id that stays the same', async () => {
    const { url, mails } = await startSmtpServer()
    const mailer = mailerFor(url)
    await mailer.check()
    await mailer.send(mail)
    expect(mails).toHaveLength(1)
    for (const part of [
      'From: Timbre <studio@example.org>',
      'To: ada@example.net',
      'Message-ID: <0197-1@example.org>',
      'Auto-Submitted: auto-generated',
      'Content-Type: multipart/alternative',
      'Content-Type: text/plain',
      'Content-Type: text/html',
    ]) {
      expect(mails[0]).toContain(part)
    }
  })

  it('goes to one recipient, whatever the address looks like', async () => {
    const { url, mails } = await startSmtpServer()
    await mailerFor(url)
      .send({ ...mail, to: 'ada@example.net, eve@example.net' })
      .catch(() => undefined)
    expect(mails.join('')).not.toMatch(/^To: ada@example.net, eve@example.net$/m)
  })

  it('tells what is refused for good from what may be tried again', async () => {
    const gone = await startSmtpServer('550 no such mailbox')
    await expect(mailerFor(gone.url).send(mail)).rejects.toThrow(MailRefused)
    const busy = await startSmtpServer('451 try later')
    const later = mailerFor(busy.url).send(mail)
    await expect(later).rejects.toThrow('451')
    await expect(later).rejects.not.toBeInstanceOf(MailRefused)
    await expect(mailerFor('smtp://127.0.0.1:1').send(mail)).rejects.not.toBeInstanceOf(MailRefused)
  })
})
