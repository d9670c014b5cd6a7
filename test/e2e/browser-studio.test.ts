import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { dropFile, readLayoutShift } from './support/browser'
import { describeInBrowser } from './support/browser-suite'
import {
  chooseRecording,
  hummedTune,
  hydrated,
  noisyRecording,
  readBalance,
  readTracks,
  signUp,
  start,
  waitForResult,
} from './support/studio-steps'

/** How far the two versions may be apart while they play. */
const inStepSeconds = 0.15
const mostLayoutShift = 0.05
const recordingSeconds = 6

describeInBrowser('the studio in a browser', ({ url, open }) => {
  const recording = noisyRecording(recordingSeconds)

  it('cleans a dropped recording, from sign-up to the downloaded file', async () => {
    const { page } = await open()
    await page.goto(url())
    await page.getByRole('link', { name: 'Start for free' }).click()
    await signUp(page, url())
    expect(await readBalance(page)).toBe(600)

    await dropFile(page, { name: 'interview.wav', type: 'audio/wav', content: recording })
    await page.getByText('Uploaded', { exact: true }).waitFor()
    await page.getByText('Costs 0:06 of your 10:00').waitFor()
    await start(page)
    await page
      .getByRole('progressbar', { name: 'Progress' })
      .or(page.locator('.side-switch'))
      .first()
      .waitFor()
    await waitForResult(page)
    expect(await page.title()).toBe('interview.wav · Timbre')

    const download = page.waitForEvent('download')
    await page.getByRole('radio', { name: 'FLAC' }).check()
    await page.getByRole('link', { name: 'Download FLAC' }).click()
    const file = await download
    expect(file.suggestedFilename()).toMatch(/^interview.*\.flac$/)
    expect((await readFile(await file.path())).subarray(0, 4).toString()).toBe('fLaC')
    await page.getByText('Your download has begun.').waitFor()
    await expect.poll(() => readBalance(page)).toBe(600 - recordingSeconds)
    expect(await readLayoutShift(page)).toBeLessThan(mostLayoutShift)

    await page.getByRole('link', { name: 'History' }).click()
    const row = page.getByRole('listitem').filter({ hasText: 'interview.wav' })
    await row.getByText('Finished').waitFor()
    await page.getByLabel('Status').selectOption('Failed')
    await page.getByText('Nothing matches').waitFor()
    await page.getByLabel('Status').selectOption('Any status')
    await row.getByRole('button', { name: 'Delete interview.wav' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Nothing here yet').waitFor()
  }, 120_000)

  it('switches between before and after at the same instant', async () => {
    const { page } = await open()
    await signUp(page, url())
    await chooseRecording(page, 'interview.wav', recording)
    await start(page)
    await waitForResult(page)
    await page.getByRole('button', { name: 'Play' }).click()
    await expect.poll(async () => (await readTracks(page))[1]?.time).toBeGreaterThan(0.5)

    const [before, after] = await readTracks(page)
    expect([before?.muted, after?.muted]).toEqual([true, false])
    expect(Math.abs((before?.time ?? 0) - (after?.time ?? 0))).toBeLessThan(inStepSeconds)
    await page.keyboard.press('b')
    await expect.poll(async () => (await readTracks(page)).map(({ muted }) => muted)).toEqual([false, true])
    const switched = await readTracks(page)
    expect(switched[0]?.paused).toBe(false)
    // It goes on where the other one was, within what two elements are kept in step.
    expect(switched[0]?.time).toBeGreaterThan((after?.time ?? Infinity) - inStepSeconds)
    expect(await page.getByRole('radio', { name: 'Before' }).isChecked()).toBe(true)

    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('slider', { name: 'Position' }).press('Home')
    expect((await readTracks(page)).map(({ time, paused }) => [time, paused])).toEqual([
      [0, true],
      [0, true],
    ])
  }, 90_000)

  it('cancels a running job, which then costs nothing', async () => {
    const { page } = await open()
    await signUp(page, url())
    await chooseRecording(page, 'long.wav', noisyRecording(5 * 60))
    const path = await start(page)
    await page.getByText('Processing', { exact: true }).waitFor({ timeout: 30_000 })
    const before = Date.now()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('heading', { name: 'Canceled' }).waitFor()
    expect(Date.now() - before).toBeLessThan(3000)
    await page.goto(`${url()}/history`)
    await page.getByRole('listitem').filter({ hasText: 'long.wav' }).getByText('Canceled').waitFor()
    await page.goto(url() + path)
    await page.getByText('Nothing was charged.').waitFor()
    expect(await readBalance(page)).toBe(600)
  }, 120_000)

  it('says in words what is wrong with a file, and what to do', async () => {
    const { page } = await open()
    await signUp(page, url())
    await page.getByLabel('Choose a file').setInputFiles({
      name: 'empty.wav',
      mimeType: 'audio/wav',
      buffer: Buffer.alloc(0),
    })
    await page.getByRole('alert').getByText('“empty.wav” is empty').waitFor()

    await chooseRecording(page, 'notes.wav', Buffer.from('these are notes, not a sound\n'.repeat(50)))
    await page.getByText('Your browser cannot play this file').waitFor()
    await start(page)
    await page.getByRole('alert').getByText('The file holds text').waitFor({ timeout: 30_000 })
    await page.getByText('Nothing was charged.').waitFor()
    expect(await page.getByText('Run again').count()).toBe(0)
    await page.getByRole('link', { name: 'Another recording' }).click()
    await page.waitForURL('**/studio')
  }, 60_000)

  it('makes a clip of words or of a hummed tune, and leaves open what nobody chose', async () => {
    const { page } = await open()
    await signUp(page, url())
    await page.goto(`${url()}/studio?capability=vibe-music`)
    await hydrated(page)
    await page.getByRole('textbox', { name: 'Your description' }).waitFor()
    expect(await page.getByRole('combobox', { name: 'Mood' }).inputValue()).toBe('')
    await page.getByRole('radio', { name: 'A recording', exact: true }).check()
    await chooseRecording(page, 'hum.wav', hummedTune())
    await start(page)
    await page.getByText('Finished', { exact: true }).waitFor({ timeout: 90_000 })
    await page.getByRole('slider', { name: 'Position' }).waitFor()
    expect(await page.title()).toBe('hum.wav · Timbre')
  }, 150_000)

  it('stops an upload', async () => {
    const { page } = await open()
    await signUp(page, url())
    let held = 0
    await page.route(
      (url) => url.pathname.startsWith('/storage/'),
      () => {
        held += 1
      },
    )
    await page.getByLabel('Choose a file').setInputFiles({
      name: 'interview.wav',
      mimeType: 'audio/wav',
      buffer: recording,
    })
    await page.getByText('Uploading, ').waitFor()
    await expect.poll(() => held).toBe(1)
    await page.getByRole('button', { name: 'Stop upload' }).click()
    await page.getByText('Drop a recording here').waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  }, 30_000)

  it('follows a job where no event stream gets through, and runs again without a new upload', async () => {
    const { page } = await open()
    await signUp(page, url())
    // An answer that is no event stream ends an EventSource for good.
    await page.route('**/api/audio/jobs/*/events', (route) => route.fulfill({ status: 204 }))
    await chooseRecording(page, 'interview.wav', recording)
    const first = await start(page)
    await waitForResult(page)

    const uploads: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/api/storage/upload')) uploads.push(request.url())
    })
    await page.getByText('Run again with other settings').click()
    await page.getByRole('radio', { name: 'Residue' }).check()
    await page.getByRole('button', { name: 'Run again' }).click()
    await page.waitForURL((url) => url.pathname.startsWith('/jobs/') && url.pathname !== first)
    await waitForResult(page)
    await page.getByRole('definition').getByText('Residue').waitFor()
    expect(uploads).toEqual([])
  }, 90_000)

  it('records from the microphone', async () => {
    const { page } = await open()
    await signUp(page, url())
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await page.getByRole('timer').getByText('0:02').waitFor()
    await expect
      .poll(
        async () => Number(await page.getByRole('meter', { name: 'Level' }).getAttribute('aria-valuenow')),
        {
          interval: 40,
        },
      )
      .toBeGreaterThan(30)
    await page.getByRole('button', { name: 'Finish' }).click()
    await page.getByRole('heading', { name: /^Recording / }).waitFor()
    await page.getByText('Uploaded', { exact: true }).waitFor()
    await start(page)
    await waitForResult(page)
  }, 90_000)

  it('explains a blocked microphone', async () => {
    const { page } = await open()
    await signUp(page, url())
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException('denied', 'NotAllowedError'))
    })
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await page.getByRole('alert').getByText('The microphone is blocked').waitFor()
    await page.getByText('Drop a recording here').waitFor()
  }, 60_000)
})
