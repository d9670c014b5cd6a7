import { expect, test } from 'vitest'

import { formatMoney, priceOf } from './money'

test('tax inside a price or on top of it', () => {
  const gst = { name: 'GST', basisPoints: 1800 }
  expect(priceOf(11_800, { ...gst, inclusive: true })).toEqual({
    ...{ amountMinor: 11_800, taxMinor: 1800, taxBasisPoints: 1800 },
  })
  expect(priceOf(10_000, { ...gst, inclusive: false })).toMatchObject({ amountMinor: 11_800, taxMinor: 1800 })
  expect(priceOf(999, { ...gst, inclusive: true })).toMatchObject({ amountMinor: 999, taxMinor: 152 })
  expect(priceOf(500, { name: 'Tax', basisPoints: 0, inclusive: false })).toMatchObject({
    ...{ amountMinor: 500, taxMinor: 0 },
  })
})

test('amounts are written with the decimals of their currency', () => {
  expect(formatMoney(500, 'USD')).toBe('$5.00')
  expect(formatMoney(149_900, 'INR')).toBe('₹1,499.00')
  expect(formatMoney(500, 'JPY')).toBe('¥500')
  expect(formatMoney(1234, 'KWD')).toBe('KWD\u00a01.234')
})
