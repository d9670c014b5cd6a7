import { Link } from '@remix-run/react'

const pages: Record<number, { title: string; text: string }> = {
  403: { title: 'That is not allowed', text: 'Your account may not see this page.' },
  404: {
    title: 'There is nothing here',
    text: 'The address may be mistyped, or what was here has been deleted.',
  },
  429: { title: 'One moment', text: 'There were too many requests. Wait a minute, then reload the page.' },
  503: { title: 'The studio is busy or restarting', text: 'Reload the page in a moment.' },
}

const unexpected = {
  title: 'Something went wrong on our side',
  text: 'Nothing was charged. Reload the page; if it stays like this, tell the operator of this studio.',
}

/** A whole page that says what happened and where to go. */
export function ErrorPage({ status }: { status: number }) {
  const { title, text } = pages[status] ?? unexpected
  return (
    <main id="main" tabIndex={-1} className="page">
      <div className="empty">
        <p className="error-status numeric">{status}</p>
        <h1>{title}</h1>
        <p>{text}</p>
        <div className="button-row">
          <Link className="button button--primary" to="/studio">
            Go to the studio
          </Link>
          <Link className="button" to="/">
            Home
          </Link>
        </div>
      </div>
    </main>
  )
}
