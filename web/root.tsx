import type { LinksFunction, LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import {
  isRouteErrorResponse,
  Links,
  Meta,
  Outlet,
  Scripts,
  ScrollRestoration,
  useFetchers,
  useRouteError,
  useRouteLoaderData,
} from '@remix-run/react'
import type { ReactNode } from 'react'
import { ErrorPage } from '~/components/error-page'
import { SiteFooter, SiteHeader } from '~/components/site-header'
import { NonceContext } from '~/state/nonce'
import { asTheme, readTheme, type Theme } from '~/theme'
import './styles/index.css'

export const links: LinksFunction = () => [{ rel: 'icon', href: '/favicon.svg', type: 'image/svg+xml' }]

export const meta: MetaFunction<typeof loader> = ({ data }) => [{ title: data?.appName ?? 'Timbre' }]

export async function loader({ request, context }: LoaderFunctionArgs) {
  return {
    appName: context.appName,
    version: context.version,
    signupEnabled: context.signupEnabled,
    theme: readTheme(request),
    account: await context.account(),
  }
}

/** The document; stands around error pages as well, then without loader data. */
export function Layout({ children }: { children: ReactNode }) {
  const data = useRouteLoaderData<typeof loader>('root')
  const theme = useThemeInFlight() ?? data?.theme ?? 'system'
  return (
    <html lang="en" data-theme={theme}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={theme === 'system' ? 'light dark' : theme} />
        <Meta />
        <Links />
      </head>
      <body>
        <a className="skip-link" href="#main">
          Skip to the content
        </a>
        <SiteHeader
          appName={data?.appName ?? 'Timbre'}
          account={data?.account ?? null}
          signupEnabled={data?.signupEnabled ?? false}
        />
        {children}
        {data && <SiteFooter appName={data.appName} version={data.version} />}
        <NonceContext.Consumer>
          {(nonce) => (
            <>
              <ScrollRestoration nonce={nonce} />
              <Scripts nonce={nonce} />
            </>
          )}
        </NonceContext.Consumer>
      </body>
    </html>
  )
}

export default function App() {
  return <Outlet />
}

export function ErrorBoundary() {
  const error = useRouteError()
  return <ErrorPage status={isRouteErrorResponse(error) ? error.status : 500} />
}

/** The choice shows at once, before the server has answered. */
function useThemeInFlight(): Theme | null {
  const fetcher = useFetchers().find((candidate) => candidate.formAction === '/theme')
  return fetcher?.formData ? asTheme(fetcher.formData.get('theme')) : null
}
