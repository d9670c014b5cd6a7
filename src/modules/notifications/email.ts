import { footerOf, messageOf } from './messages'
import type { Notification, NotificationEvent } from './notifier'

export interface RenderedMail {
  subject: string
  text: string
  html: string
}

export interface MailOptions {
  appName: string
  /** Address of the product, without a slash at the end. */
  publicUrl: string
}

const width = 'max-width:560px;margin:0 auto'
const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

/** A mail as text and as HTML: styles inline and no pictures, as mail programs want it. Whatever the data holds is shown as text. */
export function renderMail(
  event: NotificationEvent,
  data: Notification['data'],
  { appName, publicUrl }: MailOptions,
): RenderedMail {
  const { title, lines, action } = messageOf(event, data)
  const href = action && new URL(action.href, `${publicUrl}/`).toString()
  const footer = footerOf(event)
  const textParts = [
    title,
    ...lines,
    ...(action ? [`${action.label}:\n${href ?? ''}`] : []),
    `--\n${appName} · ${publicUrl}\n${footer}`,
  ]
  const paragraphs = lines.map((line) => `<p style="margin:0 0 14px">${escapeHtml(line)}</p>`).join('\n')
  const button = action
    ? `<p style="margin:26px 0"><a href="${escapeHtml(href ?? '')}" style="display:inline-block;padding:12px 22px;border-radius:8px;background:#1f6f5c;color:#ffffff;font-weight:600;text-decoration:none">${escapeHtml(action.label)}</a></p>
<p style="margin:0 0 14px;font-size:13px;color:#5c6670;word-break:break-all">${escapeHtml(href ?? '')}</p>`
    : ''
  const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light"><title>${escapeHtml(title)}</title></head>
<body style="margin:0;padding:24px 12px;background:#f3f5f4;color:#1b2126;${font};font-size:16px;line-height:1.5">
<div style="${width};background:#ffffff;border:1px solid #dde3e0;border-radius:12px;padding:28px 28px 14px">
<p style="margin:0 0 18px;font-size:14px;font-weight:600;color:#1f6f5c">${escapeHtml(appName)}</p>
<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">${escapeHtml(title)}</h1>
${paragraphs}
${button}
</div>
<p style="${width};padding:16px 28px;font-size:13px;color:#5c6670">${escapeHtml(footer)}</p>
</body>
</html>
`
  return { subject: oneLine(title), text: `${textParts.join('\n\n')}\n`, html }
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]!)
}

/** A line break in a subject would begin another header. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]+/g, ' ')
}
