import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { Link, useLoaderData, useRevalidator } from '@remix-run/react'
import { useState } from 'react'
import { markAllRead, markRead, removeNotification, type NotificationView } from '~/api/notifications'
import { LocalTime } from '~/components/local-time'
import { NotificationPreferences } from '~/components/notification-preferences'
import { Notice } from '~/components/notice'
import { PushSwitch } from '~/components/push-switch'
import { requireLogIn } from '~/session'

const pageSize = 20

export const meta: MetaFunction = () => [{ title: 'Notifications · Timbre' }]

export async function loader({ request, context }: LoaderFunctionArgs) {
  requireLogIn(request, context)
  const startingAfter = new URL(request.url).searchParams.get('after') ?? undefined
  const [page, preferences] = await Promise.all([
    context.listNotifications({ limit: pageSize, startingAfter }),
    context.notificationPreferences(),
  ])
  return { page, preferences, isAdmin: context.principal?.role === 'admin' }
}

export default function Notifications() {
  const { page, preferences, isAdmin } = useLoaderData<typeof loader>()
  const { revalidate } = useRevalidator()
  const [failed, setFailed] = useState(false)
  const act = async (action: Promise<unknown>) => {
    setFailed(false)
    await action.catch(() => {
      setFailed(true)
    })
    revalidate()
  }
  return (
    <main id="main" tabIndex={-1} className="page">
      <div className="page-head">
        <h1>Notifications</h1>
        {page.unread > 0 && (
          <button type="button" className="button button--small" onClick={() => void act(markAllRead())}>
            Mark all as read
          </button>
        )}
      </div>
      {failed && (
        <Notice tone="danger" title="That did not work">
          <p>Reload the page and try again.</p>
        </Notice>
      )}
      <div className="columns news-columns">
        <section className="stack" aria-label="What you were told">
          {page.data.length === 0 ? (
            <div className="card empty">
              <h2>Nothing yet</h2>
              <p>When a job is ready, or something happens to your minutes, it is listed here.</p>
            </div>
          ) : (
            <ul className="card news" aria-label="Newest first">
              {page.data.map((item) => (
                <Row
                  key={item.id}
                  item={item}
                  onRead={() => void act(markRead(item.id))}
                  onRemove={() => void act(removeNotification(item.id))}
                />
              ))}
            </ul>
          )}
          {page.has_more && (
            <nav className="pages" aria-label="Pages">
              <Link className="button button--small" to={`?after=${page.data.at(-1)?.id ?? ''}`}>
                Older
              </Link>
            </nav>
          )}
        </section>
        <div className="stack">
          <NotificationPreferences preferences={preferences} onChange={(change) => void act(change)} />
          <PushSwitch />
          <p className="field__hint">
            Programs can be told as well: <Link to="/webhooks">webhooks</Link>.
            {isAdmin && (
              <>
                {' '}
                Mails that could not leave this installation are in its <Link to="/mailbox">mailbox</Link>.
              </>
            )}
          </p>
        </div>
      </div>
    </main>
  )
}

interface RowProps {
  item: NotificationView
  onRead: () => void
  onRemove: () => void
}

function Row({ item, onRead, onRemove }: RowProps) {
  const unread = item.read_at === null
  return (
    <li className={unread ? 'news__row news__row--unread' : 'news__row'}>
      <div className="news__main">
        <p className="news__title">
          {item.href === null ? item.title : <Link to={item.href}>{item.title}</Link>}
          {unread && <span className="tag">New</span>}
        </p>
        <p>{item.body}</p>
        <p className="field__hint">
          <LocalTime iso={item.created_at} />
        </p>
      </div>
      <div className="news__actions">
        {unread && (
          <button type="button" className="button button--small" onClick={onRead}>
            Mark as read
          </button>
        )}
        <button type="button" className="button button--small" onClick={onRemove}>
          Remove
        </button>
      </div>
    </li>
  )
}
