import { expect, it } from 'vitest'
import { asWav, speechClip } from '../support/voices'
import { readSidewaysScroll } from './support/browser'
import { describeInBrowser } from './support/browser-suite'
import { hydrated, signUp } from './support/studio-steps'

const checkMs = 40_000

describeInBrowser('voices in a browser', ({ url, open }) => {
  async function openVoices(options = {}) {
    const { page } = await open(options)
    await signUp(page, url())
    await page.goto(`${url()}/voices`)
    await hydrated(page)
    return page
  }
  type Page = Awaited<ReturnType<typeof openVoices>>

  async function addSample(page: Page, name: string, sample: Float32Array) {
    const file = { name: 'sample.wav', mimeType: 'audio/wav', buffer: asWav(sample) }
    await page.getByLabel('Choose a file').setInputFiles(file)
    await page.getByLabel('Name of the voice').fill(name)
    await page.getByRole('textbox', { name: 'Tags' }).fill('Warm, narrator')
    await page.getByRole('textbox', { name: 'Whose voice it is' }).fill('Anna Example')
    await page.getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Add the voice' }).click()
    return page.getByRole('listitem').filter({ hasText: name }).first()
  }

  it('adds, plays, renames, finds and deletes a voice', async () => {
    const page = await openVoices()
    const row = await addSample(page, 'Anna', await speechClip('coffee'))
    await row.getByText('Checking').waitFor()
    await row.getByRole('button', { name: 'Play the sample of Anna' }).click({ timeout: checkMs })
    await row.getByRole('button', { name: 'Pause the sample of Anna' }).waitFor()
    await expect
      .poll(() =>
        page.evaluate(() => Array.from(document.querySelectorAll('audio')).map((audio) => audio.currentTime)),
      )
      .toContainEqual(expect.toSatisfy((time: number) => time > 0.2))
    await row.getByText(/\d+ Hz · 5 seconds of speech/).waitFor()

    await row.getByRole('button', { name: 'Rename Anna' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Anna the narrator')
    await page.getByRole('button', { name: 'Save' }).click()
    const renamed = page.getByRole('listitem').filter({ hasText: 'Anna the narrator' }).first()
    await renamed.waitFor()
    await page.getByRole('link', { name: 'warm', exact: true }).click()
    await page.waitForURL('**/voices?tag=warm')
    await renamed.waitFor()
    await page.getByRole('searchbox').fill('nobody of that name')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByText('No voice matches').waitFor()
    await page.getByRole('link', { name: 'Show all voices' }).click()

    await renamed.getByRole('button', { name: 'Delete Anna the narrator' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => page.getByText('Anna the narrator').count()).toBe(0)
  }, 120_000)

  it('says what is wrong with a sample of two people', async () => {
    const page = await openVoices({ viewport: { width: 360, height: 740 } })
    const row = await addSample(page, 'Two of us', await speechClip('dialogue'))
    await row.getByText('Not accepted').waitFor({ timeout: checkMs })
    await row.getByText('2 people speak in the recording.').waitFor()
    expect(await readSidewaysScroll(page)).toBeLessThanOrEqual(0)
  }, 120_000)

  it('takes a text for what speaks, and offers the voices there are', async () => {
    const page = await openVoices()
    await (
      await addSample(page, 'My own voice', await speechClip('coffee'))
    )
      .getByRole('button', { name: 'Play the sample of My own voice' })
      .waitFor({ timeout: checkMs })
    await page.goto(`${url()}/studio?capability=text-to-speech`)
    await hydrated(page)
    await page.getByRole('button', { name: 'Write a text to start' }).waitFor()
    await page.getByRole('textbox', { name: 'Your text' }).fill('Good morning. '.repeat(20))
    await page.getByText('280 of 100,000 characters').waitFor()
    await page.getByText('Costs about 0:19').waitFor()
    await page.getByText('[pause:1.5s]').waitFor()
    await page.getByRole('switch', { name: 'SSML' }).check()
    await page.getByText('SSML is on').waitFor()
    await page.getByRole('combobox', { name: 'Voice' }).selectOption({ label: 'My own voice' })
    await page.getByRole('button', { name: 'Play a sample of My own voice' }).waitFor()
    await page.getByRole('radio', { name: /^Noise removal/ }).check()
    await page.getByText('Drop a recording here').waitFor()
  }, 120_000)
})
