/** An amount in the minor unit of its currency: `$5.00`, `₹399.00`. */
export function formatMoney(amountMinor: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  return format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

const euroRegions = 'AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK'.split(' ')
const currencies: Record<string, string> = {
  ...Object.fromEntries(euroRegions.map((region) => [region, 'EUR'])),
  ...{ US: 'USD', CA: 'CAD', GB: 'GBP', AU: 'AUD', NZ: 'NZD', CH: 'CHF', JP: 'JPY', IN: 'INR', BR: 'BRL' },
  ...{ MX: 'MXN', SG: 'SGD', SE: 'SEK', NO: 'NOK', DK: 'DKK', PL: 'PLN', CZ: 'CZK', AE: 'AED', ZA: 'ZAR' },
}

/** @param languageTag such as `en-IN`; without a region, the one where most speak the language. */
export function currencyOfRegion(languageTag: string): string | null {
  try {
    return currencies[new Intl.Locale(languageTag).maximize().region ?? ''] ?? null
  } catch {
    return null
  }
}
