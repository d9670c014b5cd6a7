import { describe, expect, it } from 'vitest'
import { currencyOfRegion, formatMoney } from './money'

describe('formatMoney', () => {
  it.each([
    [500, 'USD', '$5.00'],
    [39_900, 'INR', '₹399.00'],
    [500, 'JPY', '¥500'],
  ])('%i in %s reads “%s”', (amount, currency, words) => {
    expect(formatMoney(amount, currency)).toBe(words)
  })
})

describe('currencyOfRegion', () => {
  it.each([
    ['en-IN', 'INR'],
    ['hi', 'INR'],
    ['en', 'USD'],
    ['de-AT', 'EUR'],
    ['tlh', null],
    ['', null],
    ['*', null],
  ])('%s pays in %s', (language, currency) => {
    expect(currencyOfRegion(language)).toBe(currency)
  })
})
