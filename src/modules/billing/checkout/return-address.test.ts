import { describe, expect, it } from 'vitest'
import { returnAddress } from './return-address'

const publicUrl = 'https://studio.example'

describe('return addresses', () => {
  it.each([
    ['/billing?done=1', 'https://studio.example/billing?done=1'],
    ['https://studio.example/plans', 'https://studio.example/plans'],
    ['billing', 'https://studio.example/billing'],
  ])('takes %s', (given, expected) => expect(returnAddress('success_url', given, publicUrl)).toBe(expected))

  it.each([
    'https://evil.example/',
    '//evil.example/billing',
    '/\\evil.example',
    'http://studio.example/',
    'https://studio.example:8443/',
    'https://studio.example.evil.example/',
    'https://studio.example@evil.example/',
    'https://me:secret@studio.example/',
    'javascript:alert(1)',
    'data:text/html,hello',
    'https://',
  ])('refuses %s', (given) =>
    expect(() => returnAddress('success_url', given, publicUrl)).toThrow(
      expect.objectContaining({ code: 'validation_failed' }),
    ),
  )
})
