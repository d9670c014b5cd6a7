import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

const programNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

const launchFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
]

/** A microphone that plays a beep, and a person who always says yes. */
const fakeMicrophone = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']

/** `CHROMIUM_PATH`, else the first browser on the PATH, else null. */
export function findChromium(): string | null {
  const named = process.env.CHROMIUM_PATH
  if (named) return isExecutable(named) ? named : null
  const folders = (process.env.PATH ?? '').split(delimiter)
  const candidates = programNames.flatMap((name) => folders.map((folder) => join(folder, name)))
  return candidates.find(isExecutable) ?? null
}

export const missingBrowser =
  'needs a Chromium: apt-get install chromium, or CHROMIUM_PATH=<program> (none was found)'

/** Every launch has a profile of its own, which playwright removes again. */
export async function launchBrowser(executablePath: string, { microphone = false } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: microphone ? [...launchFlags, ...fakeMicrophone] : launchFlags,
  })
}

/** What a page did that no page should. */
export interface PageRecord {
  /** Errors on the console and uncaught ones. */
  errors: string[]
  /** Refusals by the Content-Security-Policy. */
  violations: string[]
}

interface WatchedWindow extends Window {
  layoutShift: number
}

/** A page whose faults are recorded from its first byte on. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; record: PageRecord }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  const record: PageRecord = { errors: [], violations: [] }
  page.on('console', (message) => {
    if (message.type() === 'error') record.errors.push(message.text())
  })
  page.on('pageerror', (error) => record.errors.push(String(error)))
  await page.exposeFunction('reportViolation', (text: string) => record.violations.push(text))
  // As text: what the test runner's transform adds to functions does not exist in the page.
  await page.addInitScript(`
    addEventListener('securitypolicyviolation', (event) => {
      window.reportViolation(event.violatedDirective + ' ' + event.blockedURI)
    })
    window.layoutShift = 0
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.layoutShift += entry.value
    }).observe({ type: 'layout-shift', buffered: true })
  `)
  return { page, record }
}

/** Cumulative layout shift since the document was loaded; whole shifts, without the session windows of the metric. */
export function readLayoutShift(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as WatchedWindow).layoutShift)
}

/** How far the document is wider than its window, in pixels. */
export function readSidewaysScroll(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}

/** Puts a file on the page as a mouse would. */
export async function dropFile(
  page: Page,
  file: { name: string; type: string; content: Buffer },
): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ name, type, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
      const data = new DataTransfer()
      data.items.add(new File([bytes], name, { type }))
      return data
    },
    { name: file.name, type: file.type, base64: file.content.toString('base64') },
  )
  for (const type of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent('main', type, { dataTransfer: transfer })
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
