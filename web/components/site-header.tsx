import { Form, Link, NavLink } from '@remix-run/react'
import { BrandMark } from '~/components/brand-mark'
import { Icon } from '~/components/icon'
import { ThemeToggle } from '~/components/theme-toggle'
import type { AccountSummary } from '~/load-context'
import { formatDuration, speakDuration } from '~/words/format'

interface SiteHeaderProps {
  appName: string
  account: AccountSummary | null
  signupEnabled: boolean
}

export function SiteHeader({ appName, account, signupEnabled }: SiteHeaderProps) {
  return (
    <header className={account ? 'site-header' : 'site-header site-header--guest'}>
      <div className="site-header__inner">
        <Link to="/" className="brand" aria-label={`${appName}, home`}>
          <BrandMark />
          <span className="brand__name">{appName}</span>
        </Link>
        {account && (
          <nav className="site-nav" aria-label="Main">
            <NavLink to="/studio" className="nav-link">
              Studio
            </NavLink>
            <NavLink to="/voices" className="nav-link">
              Voices
            </NavLink>
            <NavLink to="/history" className="nav-link">
              History
            </NavLink>
          </nav>
        )}
        <div className="site-tools">
          {account && <BellLink unread={account.unread} />}
          {account && <BalanceLink seconds={account.secondsRemaining} />}
          <ThemeToggle />
          {account ? (
            <AccountTools username={account.username} />
          ) : (
            <GuestTools signupEnabled={signupEnabled} />
          )}
        </div>
      </div>
    </header>
  )
}

function BellLink({ unread }: { unread: number }) {
  return (
    <NavLink
      to="/notifications"
      className="nav-link site-header__bell"
      aria-label={unread === 0 ? 'Notifications' : `Notifications, ${unread} new`}
    >
      <Icon name="bell" />
      {unread > 0 && <span className="numeric">{unread > 99 ? '99+' : unread}</span>}
    </NavLink>
  )
}

function BalanceLink({ seconds }: { seconds: number }) {
  return (
    <NavLink
      to="/account"
      className="nav-link"
      aria-label={`Account, ${speakDuration(seconds)} of downloads left`}
    >
      <span className="numeric">{formatDuration(seconds, Math.floor)}</span>
      <span className="nav-link__detail">left</span>
    </NavLink>
  )
}

function AccountTools({ username }: { username: string }) {
  return (
    <Form method="post" action="/logout" className="site-header__log-out">
      <button className="nav-link nav-link--button" type="submit" title={`Log out ${username}`}>
        Log out
      </button>
    </Form>
  )
}

function GuestTools({ signupEnabled }: { signupEnabled: boolean }) {
  return (
    <>
      <NavLink to="/login" className="nav-link">
        Log in
      </NavLink>
      {signupEnabled && (
        <Link to="/signup" className="button button--primary button--small">
          Sign up
        </Link>
      )}
    </>
  )
}

export function SiteFooter({ appName, version }: { appName: string; version: string }) {
  return (
    <footer className="site-footer">
      <div className="site-footer__inner">
        <span>
          {appName} {version}
        </span>
        <Link to="/plans">Plans</Link>
        <a href="/api/docs">API</a>
      </div>
    </footer>
  )
}
