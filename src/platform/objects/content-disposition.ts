import { toUSVString } from 'node:util'

/**
 * `Content-Disposition: attachment` for any file name, by RFC 6266: a plain fallback for old clients and the RFC 8187
 * form for everything else.
 */
export function attachmentDisposition(filename: string): string {
  const fallback = filename.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%;]/g, '_')
  const encoded = encodeURIComponent(toUSVString(filename)).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${fallback}"; filename*=UTF-8''${encoded}`
}
