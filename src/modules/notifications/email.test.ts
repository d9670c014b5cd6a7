import { describe, expect, it } from 'vitest'
import { renderMail } from './email'
import { messageOf } from './messages'
import { notificationEvents } from './notifier'

const options = { appName: 'Timbre', publicUrl: 'https://studio.example' }
const hostile = `<img src=x onerror="alert('1')">&amp;`
const names = [
  ...['title', 'message', 'ip_address', 'new_email', 'delete_at', 'filename', 'reason', 'amount', 'minutes'],
  ...['plan', 'expires_at', 'name', 'capability', 'expires_minutes', 'job_id'],
]
const full = Object.fromEntries(names.map((name) => [name, hostile]))

describe('the mail of', () => {
  it.each(notificationEvents)('%s says the same as text and as HTML', (event) => {
    const { subject, text, html } = renderMail(event, {}, options)
    const { title, lines, action } = messageOf(event, {})
    expect(subject).toBe(title)
    for (const line of [title, ...lines, ...(action ? [action.label] : [])]) {
      expect(text).toContain(line)
      expect(html).toContain(line.replaceAll("'", '&#39;'))
    }
    expect(`${text}${html}`).not.toMatch(/undefined|null|NaN|\[object/)
  })

  it.each(notificationEvents)('%s shows whatever its data holds as text', (event) => {
    const { subject, html, text } = renderMail(event, full, options)
    expect(html).not.toMatch(/<img|onerror="|&amp;lt;|src=x onerror='/)
    expect(html.match(/<a /g)?.length ?? 0).toBeLessThanOrEqual(1)
    expect(`${subject}${text}`).not.toContain('&lt;')
  })

  it.each(notificationEvents)('%s has a subject of one line', (event) => {
    const broken = Object.fromEntries(names.map((name) => [name, 'a\r\nBcc: everybody@example.org']))
    expect(renderMail(event, broken, options).subject).not.toMatch(/[\r\n]/)
  })

  it('an event leads to our own pages by whole addresses, and keeps a link that it is given', () => {
    const job = renderMail('job.completed', { job_id: '1', capability: 'noise-removal' }, options)
    expect(job.html).toContain('href="https://studio.example/jobs/1"')
    const link = 'https://studio.example/verify-email?token=a&b=c'
    const { html, text } = renderMail('account.verify_email', { link }, options)
    expect(html).toContain('href="https://studio.example/verify-email?token=a&amp;b=c"')
    expect(text).toContain(link)
  })
})
