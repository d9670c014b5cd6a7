import { describe, expect, it } from 'vitest'
import { createAddressSigner, type Grant } from './signed-address'

const signer = createAddressSigner('a secret of at least 32 characters')
const soon = Math.floor(Date.now() / 1000) + 60
const grant: Grant = {
  method: 'PUT',
  key: 'uploads/1',
  expires: soon,
  maxBytes: 100,
  contentType: 'audio/wav',
  filename: 'ü & "x".wav',
}

function parse(address: string) {
  const url = new URL(address, 'http://localhost')
  return { key: url.pathname.replace('/storage/', ''), query: Object.fromEntries(url.searchParams) }
}

describe('createAddressSigner', () => {
  it('gives back what was signed', () => {
    const { key, query } = parse(signer.sign(grant))
    expect(signer.verify('PUT', key, query)).toEqual(grant)
  })

  it('lets HEAD use what is signed for GET, and nothing else', () => {
    const { key, query } = parse(signer.sign({ method: 'GET', key: 'uploads/1', expires: soon }))
    expect(signer.verify('HEAD', key, query).method).toBe('GET')
    expect(() => signer.verify('PUT', key, query)).toThrow(
      expect.objectContaining({ code: 'signature_invalid' }),
    )
  })

  it('refuses every change', () => {
    const { key, query } = parse(signer.sign(grant))
    const changes: Record<string, unknown>[] = [
      { expires: String(soon + 1) },
      { expires: `${soon}.0` + '1' },
      { expires: 'NaN' },
      { max_bytes: '1000000' },
      { max_bytes: undefined },
      { content_type: 'text/html' },
      { content_type: undefined },
      { filename: 'other.wav' },
      { filename: [query.filename, 'other.wav'] },
      { signature: undefined },
      { signature: '' },
      { signature: [query.signature] },
      { signature: query.signature!.slice(0, -2) },
    ]
    for (const change of changes) {
      expect(() => signer.verify('PUT', key, { ...query, ...change }), JSON.stringify(change)).toThrow(
        expect.objectContaining({ code: 'signature_invalid' }),
      )
    }
    expect(() => signer.verify('PUT', 'uploads/2', query)).toThrow(
      expect.objectContaining({ code: 'signature_invalid' }),
    )
    const other = createAddressSigner('another secret of 32 characters..')
    expect(() => other.verify('PUT', key, query)).toThrow(
      expect.objectContaining({ code: 'signature_invalid' }),
    )
  })

  it('tells an expired address from a forged one', () => {
    const { key, query } = parse(signer.sign({ ...grant, expires: Math.floor(Date.now() / 1000) - 1 }))
    expect(() => signer.verify('PUT', key, query)).toThrow(
      expect.objectContaining({ code: 'signature_expired' }),
    )
  })
})
