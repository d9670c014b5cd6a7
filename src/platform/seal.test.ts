import { describe, expect, it } from 'vitest'
import { createSeal } from './seal'

describe('a seal', () => {
  const seal = createSeal('one key')

  it('gives back what it closed, and closes the same text differently each time', () => {
    const sealed = [seal.close('geheim ✓'), seal.close('geheim ✓')]
    expect(sealed.map((text) => seal.open(text))).toEqual(['geheim ✓', 'geheim ✓'])
    expect(sealed[0]).not.toBe(sealed[1])
    expect(seal.open(seal.close(''))).toBe('')
  })

  it('stays closed to another key and to every changed byte', () => {
    const sealed = seal.close('geheim')
    expect(() => createSeal('another key').open(sealed)).toThrow()
    const bytes = Buffer.from(sealed, 'base64url')
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1
      expect(() => seal.open(changed.toString('base64url'))).toThrow()
    }
  })
})
