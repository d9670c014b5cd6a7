import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { findChromium, launchBrowser, missingBrowser, openPage, type PageRecord } from './browser'
import { missingBuild, type RunningProduct, startRunningProduct } from './running-product'

export interface BrowserSuite {
  /** Address of the running product. */
  url(): string
  /** A page in a context of its own, closed after the test; what it did wrong fails the test. */
  open(options?: BrowserContextOptions): ReturnType<typeof openPage>
}

/** Tests that share one running product and one browser; skipped, with the reason, where either is not there. */
export function describeInBrowser(
  title: string,
  tests: (suite: BrowserSuite) => void,
  { environment }: { environment?: () => Promise<Record<string, string>> } = {},
): void {
  const chromium = findChromium()
  const missing = chromium ? missingBuild() : missingBrowser
  describe.skipIf(missing)(missing ? `${title} – ${missing}` : title, () => {
    let product: RunningProduct
    let browser: Browser
    let records: PageRecord[] = []

    beforeAll(async () => {
      product = await startRunningProduct(await environment?.())
      browser = await launchBrowser(chromium ?? '', { microphone: true })
    }, 120_000)

    afterAll(async () => {
      await browser.close()
      await product.stop()
    })

    afterEach(async () => {
      const seen = records
      records = []
      await Promise.all(browser.contexts().map((context) => context.close()))
      expect(seen.flatMap(({ violations }) => violations)).toEqual([])
      expect(seen.flatMap(({ errors }) => errors)).toEqual([])
    })

    tests({
      url: () => product.url,
      async open(options = {}) {
        const opened = await openPage(browser, options)
        records.push(opened.record)
        return opened
      },
    })
  })
}
