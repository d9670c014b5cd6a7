/** Decimals of a currency: 2 for USD and INR, 0 for JPY, 3 for KWD. */
function decimalsOf(currency: string): number {
  return (
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  )
}

/** An amount in the minor unit of its currency, as people write it: `$5.00`, `₹399.00`. */
export function formatMoney(amountMinor: number, currency: string): string {
  const amount = amountMinor / 10 ** decimalsOf(currency)
  return new Intl.NumberFormat('en', { style: 'currency', currency }).format(amount)
}

export interface TaxRules {
  /** Such as VAT or GST. */
  name: string
  /** Hundredths of a per cent. */
  basisPoints: number
  /** Whether prices of plans contain the tax; otherwise it is added to them. */
  inclusive: boolean
}

export interface Price {
  /** What is charged, tax included. */
  amountMinor: number
  taxMinor: number
  taxBasisPoints: number
}

/** What a plan costs with its tax, in minor units rounded to the nearest. */
export function priceOf(priceMinor: number, { basisPoints, inclusive }: TaxRules): Price {
  const amountMinor = inclusive ? priceMinor : Math.round((priceMinor * (10_000 + basisPoints)) / 10_000)
  const taxMinor = inclusive
    ? priceMinor - Math.round((priceMinor * 10_000) / (10_000 + basisPoints))
    : amountMinor - priceMinor
  return { amountMinor, taxMinor, taxBasisPoints: basisPoints }
}

/** Seconds as minutes, with one decimal where it is needed. */
export function formatMinutes(seconds: number): string {
  return String(Math.round(seconds / 6) / 10)
}
