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
    expect(explain('media_too_long', 'The audio lasts longer than 300 minutes').advice).toBe(
      'The audio lasts longer than 300 minutes. Cut it into shorter parts and process them one by one.',
    )
  })

  it('falls back to the message of a code that it does not know', () => {
    expect(explain('brand_new', 'The moon is full').title).toBe('The moon is full')
  })
})
