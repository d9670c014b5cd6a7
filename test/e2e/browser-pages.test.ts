import { expect, it } from 'vitest'
import { readLayoutShift, readSidewaysScroll } from './support/browser'
import { describeInBrowser } from './support/browser-suite'
import {
  chooseRecording,
  hydrated,
  noisyRecording,
  pageIsDark,
  readTracks,
  signUp,
  start,
  tabTo,
  waitForResult,
} from './support/studio-steps'

const mostLayoutShift = 0.05
const recordingSeconds = 6

describeInBrowser('the pages in a browser', ({ url, open }) => {
  const recording = noisyRecording(recordingSeconds)

  it('needs no mouse', async () => {
    const { page } = await open()
    const account = await signUp(page, url())
    await page.context().clearCookies()
    await page.goto(`${url()}/login`)
    await page.getByLabel('User name or e-mail address').focus()
    await page.keyboard.type(account.username)
    await page.keyboard.press('Tab')
    await page.keyboard.type(account.password)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/studio')
    await hydrated(page)

    await page.goto(`${url()}/studio`)
    await hydrated(page)
    // Asked for early: the browser takes a moment to be ready to hand dialogs over.
    const chooser = page.waitForEvent('filechooser')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await (await chooser).setFiles({ name: 'by-key.wav', mimeType: 'audio/wav', buffer: recording })
    await page.getByText('Uploaded', { exact: true }).waitFor()

    await tabTo(page, 'Strength')
    await page.keyboard.press('Home')
    for (let step = 0; step < 40; step++) await page.keyboard.press('ArrowRight')
    await tabTo(page, 'Start')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/jobs/*')
    await waitForResult(page)
    expect(await page.getByText('40 %').count()).toBe(1)

    await tabTo(page, 'Position')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    const slider = page.getByRole('slider', { name: 'Position' })
    expect(await slider.getAttribute('aria-valuetext')).toBe('2 seconds of 6 seconds')
    await page.keyboard.press('Space')
    await expect.poll(async () => (await readTracks(page))[1]?.paused).toBe(false)
    await page.keyboard.press('Space')
    await tabTo(page, 'Download WAV')
    const download = page.waitForEvent('download')
    await page.keyboard.press('Enter')
    expect((await download).suggestedFilename()).toMatch(/\.wav$/)
  }, 120_000)

  it('signs up, logs out and logs in without any script', async () => {
    const { page, record } = await open({ javaScriptEnabled: false })
    await page.goto(`${url()}/signup`)
    await page.getByLabel('User name').fill('scriptless')
    await page.getByLabel('E-mail address').fill('scriptless@example.org')
    await page.getByLabel('Password').fill('quiet violet harbour 9')
    await page.getByRole('main').getByRole('button', { name: 'Sign up' }).click()
    await page.waitForURL('**/studio')
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL(`${url()}/`)
    await page.goto(`${url()}/history`)
    await page.waitForURL('**/login?next=%2Fhistory')
    await page.getByLabel('User name or e-mail address').fill('scriptless@example.org')
    await page.getByLabel('Password').fill('not the password')
    await page.getByRole('main').getByRole('button', { name: 'Log in' }).click()
    await page.getByText('That did not match').waitFor()
    await page.getByLabel('Password').fill('quiet violet harbour 9')
    await page.getByRole('main').getByRole('button', { name: 'Log in' }).click()
    await page.waitForURL('**/history')
    // The browser itself notes the refused log-in.
    expect(record.errors.splice(0)).toEqual([expect.stringContaining('422')])
  }, 60_000)

  it.each(['light', 'dark'] as const)(
    'fits 360 pixels without shifting, %s',
    async (colorScheme) => {
      const { page } = await open({ viewport: { width: 360, height: 740 }, colorScheme })
      await signUp(page, url())
      await chooseRecording(page, `${'a very long name '.repeat(8)}.wav`, recording)
      expect(await readSidewaysScroll(page)).toBeLessThanOrEqual(0)
      const job = await start(page)
      await waitForResult(page)
      expect(await readSidewaysScroll(page)).toBeLessThanOrEqual(0)
      for (const path of ['/', '/studio', '/history', '/account', job]) {
        await page.goto(url() + path, { waitUntil: 'networkidle' })
        expect(await readSidewaysScroll(page), path).toBeLessThanOrEqual(0)
        expect(await readLayoutShift(page), path).toBeLessThan(mostLayoutShift)
      }
      expect(await pageIsDark(page)).toBe(colorScheme === 'dark')
    },
    90_000,
  )

  it('remembers the chosen appearance in the first byte of the next page', async () => {
    const { page } = await open({ colorScheme: 'light' })
    await page.goto(`${url()}/login`)
    await hydrated(page)
    // Not the module of that route, whose address holds the same word.
    const stored = page.waitForResponse((response) => response.request().method() === 'POST')
    await page.getByRole('button', { name: 'Dark appearance' }).click()
    await expect.poll(() => pageIsDark(page)).toBe(true)
    await stored
    const next = await page.goto(`${url()}/signup`)
    expect(await next?.text()).toContain('data-theme="dark"')
    expect(await pageIsDark(page)).toBe(true)
  }, 30_000)

  it('shows a page of its own for an address that does not exist', async () => {
    const { page, record } = await open()
    const answer = await page.goto(`${url()}/no/such/page`)
    expect(answer?.status()).toBe(404)
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
    expect(record.errors.splice(0)).toEqual([expect.stringContaining('404')])
  }, 30_000)
})
