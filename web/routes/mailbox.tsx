import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { Link, useLoaderData, useSearchParams } from '@remix-run/react'
import { useEffect, useState } from 'react'
import { readMail } from '~/api/notifications'
import { LocalTime } from '~/components/local-time'
import { requireLogIn } from '~/session'

const pageSize = 30

export const meta: MetaFunction = () => [{ title: 'Mailbox · Timbre' }]

export async function loader({ request, context }: LoaderFunctionArgs) {
  requireLogIn(request, context)
  if (context.principal?.role !== 'admin') throw new Response(null, { status: 404 })
  const startingAfter = new URL(request.url).searchParams.get('after') ?? undefined
  return context.listMails({ limit: pageSize, startingAfter })
}

/** The mails of an installation that has no mail server. */
export default function Mailbox() {
  const { data, has_more: hasMore } = useLoaderData<typeof loader>()
  const [query] = useSearchParams()
  const shown = query.get('mail')
  return (
    <main id="main" tabIndex={-1} className="page">
      <div className="page-head">
        <div>
          <h1>Mailbox</h1>
          <p>Without a mail server (SMTP_URL) mails stay here. Opening one is written to the audit log.</p>
        </div>
      </div>
      <div className="columns news-columns">
        <section className="stack" aria-label="Mails">
          {data.length === 0 ? (
            <div className="card empty">
              <h2>No mails</h2>
            </div>
          ) : (
            <ul className="card news" aria-label="Newest first">
              {data.map((mail) => (
                <li key={mail.id} className="news__row">
                  <div className="news__main">
                    <p className="news__title">
                      <Link to={`?mail=${mail.id}`} aria-current={mail.id === shown || undefined}>
                        {mail.subject}
                      </Link>
                    </p>
                    <p className="field__hint">
                      to {mail.to} · <LocalTime iso={mail.created_at} />
                    </p>
                  </div>
                </li>
              ))}
            </ul>
          )}
          {hasMore && (
            <nav className="pages" aria-label="Pages">
              <Link className="button button--small" to={`?after=${data.at(-1)?.id ?? ''}`}>
                Older
              </Link>
            </nav>
          )}
        </section>
        {shown !== null && <OpenMail key={shown} id={shown} />}
      </div>
    </main>
  )
}

function OpenMail({ id }: { id: string }) {
  const [mail, setMail] = useState<Awaited<ReturnType<typeof readMail>> | 'failed' | null>(null)
  useEffect(() => {
    const stop = new AbortController()
    readMail(id, stop.signal).then(setMail, () => {
      if (!stop.signal.aborted) setMail('failed')
    })
    return () => {
      stop.abort()
    }
  }, [id])
  if (mail === null) return <p className="field__hint">Opening …</p>
  if (mail === 'failed') return <p className="field__error">This mail could not be opened.</p>
  return (
    <section className="stack" aria-label={mail.subject}>
      {/* Sandboxed without exceptions: nothing in a mail runs, and links are followed from the text below. */}
      <iframe className="card mail__page" title={mail.subject} sandbox="" srcDoc={mail.html} />
      <details className="card" open>
        <summary>As text</summary>
        <pre className="mail__text">{withLinks(mail.text)}</pre>
      </details>
    </section>
  )
}

/** Addresses on a line of their own as links. */
function withLinks(text: string) {
  return text.split('\n').map((line, at) => (
    <span key={at}>
      {/^https?:\/\/\S+$/.test(line) ? <a href={line}>{line}</a> : line}
      {'\n'}
    </span>
  ))
}
