import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { readSidewaysScroll } from './support/browser'
import { describeInBrowser } from './support/browser-suite'
import {
  chooseRecording,
  readBalance,
  readTracks,
  signUp,
  start,
  waitForResult,
} from './support/studio-steps'

const recordingSeconds = 7
const patience = { timeout: 120_000 }

const coffee = () => readFile('test/fixtures/speech/coffee.opus')

/** Has the chosen format downloaded and returns what the file holds. */
async function download(page: Page, format: string): Promise<string> {
  await page.getByRole('radio', { name: format }).check()
  const begun = page.waitForEvent('download')
  await page.getByRole('link', { name: `Download ${format}` }).click()
  return (await readFile(await (await begun).path())).toString()
}

describeInBrowser('transcripts and edits in a browser', ({ url, open }) => {
  it('writes down a recording, which is read, paid for, corrected and downloaded', async () => {
    const { page } = await open()
    await signUp(page, url())
    await chooseRecording(page, 'coffee.opus', await coffee())
    await page.getByRole('radio', { name: 'Speech to text' }).check()
    await start(page)
    const words = page.locator('.transcript__word')
    await words.nth(1).waitFor(patience)

    await words.nth(1).click()
    const sought = (await readTracks(page))[0]?.time ?? 0
    expect(sought).toBeGreaterThan(0)
    expect(sought).toBeLessThan(recordingSeconds)
    await expect.poll(() => page.locator('.transcript__word[data-heard]').count()).toBe(1)
    expect(await page.getByRole('button', { name: 'Correct the text' }).count()).toBe(0)

    expect((await download(page, 'Text')).length).toBeGreaterThan(0)
    await expect.poll(() => readBalance(page)).toBe(600 - recordingSeconds)
    await page.getByRole('button', { name: 'Correct the text' }).click()
    await page.getByRole('button', { name: 'Add a speaker' }).click()
    await page.getByLabel('Name of speaker 1').fill('Guest')
    await page
      .getByLabel(/^Speaker at/)
      .first()
      .selectOption('Guest')
    await page
      .getByRole('textbox', { name: /^Text at/ })
      .first()
      .fill('A cup of tea, please.')
    await page.getByRole('button', { name: 'Save the correction' }).click()
    await page.getByLabel('Version').waitFor()
    expect(await page.getByLabel('Version').inputValue()).toBe('2')
    await page.locator('.transcript__row').first().getByText('A cup of tea, please.').waitFor()

    await page.getByRole('radio', { name: 'SRT' }).check()
    await page.getByLabel('Lines at a time').selectOption('1')
    expect(await download(page, 'SRT')).toMatch(/-->[^\n]*\nGuest: A cup of tea, please\./)
    expect(await readBalance(page)).toBe(600 - recordingSeconds)
    await page.getByLabel('Version').selectOption('Version 1, as recognised')
    await page.getByText('A cup of tea, please.').waitFor({ state: 'detached' })
  }, 180_000)

  it('asks before a correction is thrown away', async () => {
    const { page } = await open({ viewport: { width: 360, height: 740 } })
    await signUp(page, url())
    await chooseRecording(page, 'coffee.opus', await coffee())
    await page.getByRole('radio', { name: 'Speech to text' }).check()
    await start(page)
    await page.locator('.transcript__word').first().waitFor(patience)
    await download(page, 'JSON')
    await page.getByRole('button', { name: 'Correct the text' }).click()
    await page
      .getByRole('textbox', { name: /^Text at/ })
      .first()
      .fill('Never mind.')
    expect(await readSidewaysScroll(page)).toBeLessThanOrEqual(0)
    await page.getByRole('button', { name: 'Discard' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click()
    await page.getByText('Never mind.').waitFor()
    await page.getByRole('button', { name: 'Discard' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
    await page.getByRole('button', { name: 'Correct the text' }).waitFor()
    expect(await page.getByText('Never mind.').count()).toBe(0)
  }, 180_000)

  it('dubs, speaks a corrected line again, and with other settings nothing at all', async () => {
    const { page } = await open()
    await signUp(page, url())
    await chooseRecording(page, 'pauses.opus', await readFile('test/fixtures/speech/pauses.opus'))
    await page.getByRole('radio', { name: 'Dubbing' }).check()
    await page.getByRole('switch', { name: 'Keep background' }).uncheck()
    const first = await start(page)
    const lines = page.locator('.dub-lines__row')
    await lines.first().waitFor(patience)
    const count = await lines.count()
    expect(count).toBeGreaterThan(1)

    await page.getByText('Run again with other settings').click()
    await page.getByRole('switch', { name: 'Subtitles' }).uncheck()
    await page.getByRole('button', { name: 'Run again', exact: true }).click()
    await page.waitForURL((address) => address.pathname.startsWith('/jobs/') && address.pathname !== first)
    const second = new URL(page.url()).pathname
    await page.getByText(`${count} taken from the dub before`).waitFor(patience)
    await waitForResult(page)

    await lines.first().getByRole('textbox').fill('A cup of tea, please.')
    await page.getByRole('button', { name: 'Render 1 changed line again' }).click()
    await page.waitForURL((address) => address.pathname.startsWith('/jobs/') && address.pathname !== second)
    await page.getByText(`${count - 1} taken from the dub before`).waitFor(patience)
    expect(await lines.first().getByRole('textbox').inputValue()).toBe('A cup of tea, please.')
  }, 240_000)

  it('edits stretches after a trial run, but for those that were switched off', async () => {
    const { page } = await open()
    await signUp(page, url())
    await chooseRecording(page, 'coffee.opus', await coffee())
    await page.getByRole('radio', { name: 'Voice editor' }).check()
    await page.getByLabel('Begin of 1').fill('0:01')
    await page.getByLabel('End of 1').fill('1,5')
    await page.getByRole('button', { name: 'Add another' }).click()
    await page.getByLabel('Begin of 2').fill('3')
    await page.getByLabel('End of 2').fill('0:02')
    await page.getByText('The end must come after the begin.').waitFor()
    await page.getByLabel('End of 2').fill('0:03.25')
    await page.getByRole('switch', { name: 'Trial run' }).check()
    await page.getByText('A trial run is free').waitFor()
    const trial = await start(page)

    const hits = page.locator('.hits__row')
    await hits.nth(1).waitFor(patience)
    expect(await hits.count()).toBe(2)
    await hits.nth(0).getByText('0:01 – 0:01.5').waitFor()
    await hits
      .nth(0)
      .getByRole('button', { name: /^Listen to/ })
      .click()
    await expect.poll(async () => (await readTracks(page))[0]?.time).toBeGreaterThan(0)
    await hits.nth(1).getByRole('switch').uncheck()
    await page.getByRole('button', { name: 'Edit 1 place' }).click()

    await page.waitForURL((address) => address.pathname.startsWith('/jobs/') && address.pathname !== trial)
    await waitForResult(page)
    await page.getByRole('button', { name: 'Play' }).click()
    await expect.poll(async () => (await readTracks(page))[1]?.time).toBeGreaterThan(0.2)
    const edits = await page.evaluate(async () => {
      const answer = await fetch(location.pathname.replace('/jobs/', '/api/audio/job-status/'))
      const { output } = (await answer.json()) as { output: { details: { edits: { start: number }[] } } }
      return output.details.edits
    })
    expect(edits).toHaveLength(1)
    expect(edits[0]?.start).toBeCloseTo(1, 2)
    expect(await readBalance(page)).toBe(600)
  }, 180_000)
})
