import { describe, expect, it } from 'vitest'
import { explain } from './errors'

describe('explain', () => {
  it('says what happened and what to do', () => {
    expect(explain('deadline_exceeded', 'deadline of 600 s passed')).toEqual({
      title: 'Processing took too long and was stopped',
      advice: 'Nothing was charged. Try a shorter recording, or try again later.',
    })
  })

  it('keeps the reason where it differs from case to case', () => {
    expect(explain('media_too_long', 'The audio lasts longer than 300 minutes')).toEqual({
      title: 'The recording is too long',
      advice: 'The audio lasts longer than 300 minutes.',
    })
  })

  it('falls back to the message of a code that it does not know', () => {
    expect(explain('brand_new', 'The moon is full').title).toBe('The moon is full')
  })
})
