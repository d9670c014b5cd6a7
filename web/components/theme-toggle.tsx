import { useFetcher, useLocation } from '@remix-run/react'
import { Icon } from '~/components/icon'

/** A form, so that it works before (and without) any script; the cookie that it sets spares every page a flash. */
export function ThemeToggle() {
  const fetcher = useFetcher()
  const { pathname, search } = useLocation()
  return (
    <fetcher.Form method="post" action="/theme">
      <noscript>
        <input type="hidden" name="return_to" value={pathname + search} />
      </noscript>
      <button
        className="icon-button theme-to-dark"
        name="theme"
        value="dark"
        aria-label="Dark appearance"
        title="Dark appearance"
      >
        <Icon name="moon" />
      </button>
      <button
        className="icon-button theme-to-light"
        name="theme"
        value="light"
        aria-label="Light appearance"
        title="Light appearance"
      >
        <Icon name="sun" />
      </button>
    </fetcher.Form>
  )
}
