import { isIPv6 } from 'node:net'

/** What counts as one address for limits: an IPv4 address, or the /64 network that an IPv6 host may choose from. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped) return `ip:${mapped[1]}`
  if (!isIPv6(address)) return `ip:${address}`
  const [head = '', tail] = address.split('%', 1)[0]!.split('::', 2)
  const leading = head ? head.split(':') : []
  const trailing = tail ? tail.split(':') : []
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - leading.length - trailing.length)
  const groups = [...leading, ...Array<string>(zeros).fill('0'), ...trailing]
  return `ip:${groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
