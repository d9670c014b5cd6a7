import { Link } from '@remix-run/react'
import type { ReactNode } from 'react'

/** The end of a way that began with a form: what happened, and where to go from here. */
export function AuthAnswer({
  title,
  children,
  to,
  go,
}: {
  title: string
  children: ReactNode
  to: string
  go: string
}) {
  return (
    <main id="main" tabIndex={-1} className="page page--narrow">
      <div className="card stack">
        <h1>{title}</h1>
        {children}
        <Link className="button button--primary button--wide" to={to}>
          {go}
        </Link>
      </div>
    </main>
  )
}
