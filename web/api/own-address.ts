/**
 * Addresses that the studio signs itself name its public URL. A page that was opened under another name of the same
 * machine must use its own, or the browser takes them for another site's. Addresses of an S3 server stay as they are.
 */
export function ownAddress(address: string): string {
  const { pathname, search } = new URL(address)
  return pathname.startsWith('/storage/') ? pathname + search : address
}
