import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { wavFile } from '../../fixtures/audio-files'

export const sampleRateHz = 16_000
const password = 'quiet violet harbour 9'
let accounts = 0

/** Syllables of a buzzing voice in steady noise; the noise comes from a fixed seed. */
export function noisyRecording(seconds: number): Buffer {
  let state = 12_345
  const noise = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state / 2 ** 31 - 1
  }
  const samples = Float32Array.from({ length: Math.round(seconds * sampleRateHz) }, (_, index) => {
    const time = index / sampleRateHz
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 2.5 * time)) ** 2
    const voice = [1, 2, 3, 4, 5].reduce((sum, k) => sum + Math.sin(2 * Math.PI * 130 * k * time) / k, 0)
    return 0.22 * syllable * voice + 0.08 * noise()
  })
  return wavFile([samples], sampleRateHz)
}

/** Five notes of a voice that only hums. */
export function hummedTune(): Buffer {
  const notesHz = [220, 247, 277, 330, 277]
  const noteSeconds = 0.8
  let phase = 0
  const samples = Float32Array.from({ length: notesHz.length * noteSeconds * sampleRateHz }, (_, index) => {
    const time = index / sampleRateHz
    const within = time % noteSeconds
    const vibrato = 1 + 0.004 * Math.sin(2 * Math.PI * 5 * time)
    phase += (2 * Math.PI * notesHz[Math.floor(time / noteSeconds)]! * vibrato) / sampleRateHz
    const level = Math.min(1, within / 0.05, (noteSeconds - within) / 0.08)
    return 0.3 * level * (Math.sin(phase) + 0.4 * Math.sin(2 * phase) + 0.2 * Math.sin(3 * phase))
  })
  return wavFile([samples], sampleRateHz)
}

/** Through the page, as a newcomer does it; ends in the studio. */
export async function signUp(page: Page, url: string): Promise<{ username: string; password: string }> {
  accounts += 1
  const username = `listener-${process.pid}-${accounts}`
  await page.goto(`${url}/signup`)
  await page.getByLabel('User name').fill(username)
  await page.getByLabel('E-mail address').fill(`${username}@example.org`)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('main').getByRole('button', { name: 'Sign up' }).click()
  await page.waitForURL('**/studio')
  await hydrated(page)
  return { username, password }
}

/** Until then a page is there, but drops and keys do nothing yet. */
export async function hydrated(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    Array.from(document.querySelectorAll('main')).some((main) =>
      Object.keys(main).some((key) => key.startsWith('__reactFiber')),
    ),
  )
}

export async function chooseRecording(page: Page, name: string, content: Buffer): Promise<void> {
  await page.getByLabel('Choose a file').setInputFiles({ name, mimeType: 'audio/wav', buffer: content })
  await page.getByText('Uploaded', { exact: true }).waitFor()
}

/** Starts the job of the chosen recording and ends on its page. */
export async function start(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.waitForURL('**/jobs/*')
  return new URL(page.url()).pathname
}

/** The studio has a player of its own: only a result can be switched between before and after. */
export async function waitForResult(page: Page): Promise<void> {
  await page.getByText('Which version plays').waitFor({ state: 'attached', timeout: 60_000 })
  await page.getByRole('slider', { name: 'Position' }).waitFor({ timeout: 60_000 })
}

/** Seconds that the header says are left. */
export async function readBalance(page: Page): Promise<number> {
  const text = (await page.locator('.site-tools a[href="/account"] .numeric').textContent()) ?? ''
  expect(text).toMatch(/^(\d+:)?\d+:\d\d$/)
  return text.split(':').reduce((total, part) => 60 * total + Number(part), 0)
}

export interface TrackState {
  muted: boolean
  paused: boolean
  time: number
}

/** Before and after, in this order. */
export function readTracks(page: Page): Promise<TrackState[]> {
  return page.evaluate(() =>
    Array.from(document.querySelectorAll('audio')).map((audio) => ({
      muted: audio.muted,
      paused: audio.paused,
      time: audio.currentTime,
    })),
  )
}

/** Presses Tab until the control of this name has the focus. */
export async function tabTo(page: Page, name: string): Promise<void> {
  const steps = 60
  const seen: string[] = []
  for (let step = 0; step < steps; step++) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const element = document.activeElement
      const label =
        element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element?.textContent
      return (element?.getAttribute('aria-label') ?? label ?? '').trim()
    })
    if (focused === name) return
    seen.push(focused.slice(0, 20))
  }
  throw new Error(`“${name}” was not reached by ${steps} presses of Tab: ${seen.join(' · ')}`)
}

/** Whether the paper is darker than the ink. */
export function pageIsDark(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const lightness = (color: string) =>
      (color.match(/\d+(\.\d+)?/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)
    const { backgroundColor, color } = getComputedStyle(document.documentElement)
    return lightness(backgroundColor) < lightness(color)
  })
}
