import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium, launchBrowser, missingBrowser, openPage } from './support/browser'
import { missingBuild, type RunningProduct, startRunningProduct } from './support/running-product'
import {
  chooseRecording,
  noisyRecording,
  readTracks,
  signUp,
  start,
  waitForResult,
} from './support/studio-steps'

const chromium = findChromium()
const missing = chromium ? missingBuild() : missingBrowser

describe.skipIf(missing)(
  missing ? `an empty balance in a browser – ${missing}` : 'an empty balance in a browser',
  () => {
    let product: RunningProduct
    let browser: Browser

    beforeAll(async () => {
      product = await startRunningProduct({ SIGNUP_FREE_MINUTES: '0' })
      browser = await launchBrowser(chromium ?? '')
    }, 120_000)

    afterAll(async () => {
      await browser.close()
      await product.stop()
    })

    it('is named before the start, lets the preview play and refuses the download in words', async () => {
      const { page } = await openPage(browser)
      await signUp(page, product.url)
      await chooseRecording(page, 'interview.wav', noisyRecording(3))
      await page.getByText('The download would cost 0:03, and you have 0:00 left').waitFor()
      await start(page)
      await waitForResult(page)
      await page.getByRole('button', { name: 'Play' }).click()
      await expect.poll(async () => (await readTracks(page))[1]?.time).toBeGreaterThan(0.2)
      await page.getByRole('link', { name: 'Download WAV' }).click()
      await page.getByRole('alert').getByText('Not enough minutes to download this').waitFor()
      expect(new URL(page.url()).pathname).toMatch(/^\/jobs\//)
    }, 120_000)
  },
)
