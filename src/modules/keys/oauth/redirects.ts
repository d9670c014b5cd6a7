const loopback = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * Why an app may not be sent back to an address; null where it may. HTTPS, or plain HTTP on the app's own machine, or a
 * scheme of a native app's own, named after a domain (RFC 8252).
 */
export function redirectProblem(address: string): string | null {
  if (!URL.canParse(address)) return 'Not an address.'
  const url = new URL(address)
  if (url.hash || address.includes('#')) return 'Must have no fragment.'
  if (url.username || url.password) return 'Must have no user name.'
  if (url.protocol === 'https:') return null
  if (url.protocol === 'http:') {
    return loopback.has(url.hostname) ? null : 'Plain http is for this machine only: use https.'
  }
  return /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol)
    ? null
    : 'Use https, or a scheme named after your domain, such as com.example.app:/.'
}

/** Exactly as registered; on the app's own machine the port is free (RFC 8252, 7.3). */
export function isRegistered(address: string, registered: readonly string[]): boolean {
  if (registered.includes(address)) return true
  if (!URL.canParse(address)) return false
  const url = new URL(address)
  if (url.protocol !== 'http:' || !loopback.has(url.hostname) || redirectProblem(address)) return false
  return registered.some((other) => {
    const known = new URL(other)
    known.port = url.port
    return known.href === url.href
  })
}
