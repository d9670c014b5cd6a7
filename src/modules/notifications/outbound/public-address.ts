import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** The unicast space of the public IPv6 internet; what lies outside is local, obsolete or not given out. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether an IP address belongs to the public internet: neither private, loopback, link-local, carrier-grade NAT,
 * multicast nor reserved (the IANA special-purpose registries), nor an IPv6 form that wraps such an IPv4 address.
 */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0) return false
  const address = ipaddr.process(text)
  if (address.range() !== 'unicast') return false
  return address.kind() === 'ipv4' || (address as ipaddr.IPv6).match(globalUnicast)
}
