import { expect, it } from 'vitest'
import { costInWords, waitInWords } from './cost-estimate'

it('names the price and the balance before the start', () => {
  expect(costInWords(82.4, 600)).toBe(
    'Costs 1:23 of your 10:00 when you download it, once. The preview is free.',
  )
})

it('says early that the balance does not suffice', () => {
  expect(costInWords(601, 600)).toContain('10:01, and you have 10:00 left: too little')
  expect(costInWords(600, 600)).toContain('Costs 10:00')
})

it('says of a text that its length is a guess', () => {
  expect(costInWords(82.4, 600, 'speech')).toContain('Costs about 1:23 of your 10:00')
  expect(costInWords(null, 60, 'speech')).toContain('costs the length of the speech')
})

it('knows how long other sound will be', () => {
  expect(costInWords(20, 600, 'sound')).toContain('Costs 0:20 of your 10:00')
  expect(costInWords(null, 60, 'sound')).toContain('costs the length of the sound')
})

it('promises nothing where the length is unknown', () => {
  expect(costInWords(null, 60)).toContain('costs the length of the recording')
})

it('names the wait where it is worth a word', () => {
  expect(waitInWords(60, 0.1)).toBe('')
  expect(waitInWords(null, 2)).toBe('')
  expect(waitInWords(600, null)).toBe('')
  expect(waitInWords(300, 0.15)).toBe('Takes about 50 seconds.')
  expect(waitInWords(3600, 0.2)).toBe('Takes about 12 minutes.')
})
