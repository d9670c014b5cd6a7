/** `system` follows the device. */
export type Theme = 'system' | 'light' | 'dark'

const cookieName = 'timbre_theme'
const yearSeconds = 365 * 24 * 3600

export function asTheme(value: unknown): Theme {
  return value === 'light' || value === 'dark' ? value : 'system'
}

export function readTheme(request: Request): Theme {
  const pair = (request.headers.get('cookie') ?? '')
    .split(';')
    .map((part) => part.trim().split('='))
    .find(([name]) => name === cookieName)
  return asTheme(pair?.[1])
}

export function themeCookie(theme: Theme): string {
  const life = theme === 'system' ? 0 : yearSeconds
  return `${cookieName}=${theme}; Path=/; Max-Age=${life}; SameSite=Lax; HttpOnly`
}
