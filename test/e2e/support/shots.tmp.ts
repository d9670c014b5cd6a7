import { readFileSync } from 'node:fs'
import {
  findChromium,
  launchBrowser,
  openPage,
  readLayoutShift,
  readSidewaysScroll,
  dropFile,
} from './browser'
const base = process.env.BASE ?? 'http://localhost:4711'
const out = process.env.SHOTS ?? '/tmp/ui/shots'
const only = process.argv[2]
const browser = await launchBrowser(findChromium()!)
const variants = [
  { id: 'light', options: { colorScheme: 'light' as const } },
  { id: 'dark', options: { colorScheme: 'dark' as const } },
  { id: 'small', options: { colorScheme: 'light' as const, viewport: { width: 360, height: 740 } } },
].filter((v) => !only || v.id === only)
for (const v of variants) {
  const { page, record } = await openPage(browser, v.options)
  const shot = async (name: string) => {
    await page.waitForTimeout(250)
    await page.screenshot({ path: `${out}/${name}-${v.id}.png`, fullPage: true })
    console.log(
      v.id,
      name,
      'cls',
      (await readLayoutShift(page)).toFixed(4),
      'sideways',
      await readSidewaysScroll(page),
    )
  }
  await page.goto(base + '/')
  await shot('landing')
  await page.goto(base + '/signup')
  await shot('signup')
  await page.goto(base + '/login')
  await page.fill('[name=identifier]', 'nobody')
  await page.fill('[name=password]', 'wrong-password')
  await page.click('button:has-text("Log in")')
  await page.waitForSelector('[role=alert]')
  await shot('login')
  const user = 'maya.' + v.id + Math.floor(Math.random() * 1e6)
  await page.goto(base + '/signup')
  await page.fill('[name=username]', user)
  await page.fill('[name=email]', user + '@example.org')
  await page.fill('[name=password]', 'violet quiet harbor 9')
  await page.click('main button[type=submit]')
  await page.waitForURL('**/studio')
  await page.waitForTimeout(500)
  await shot('studio-empty')
  await page.goto(base + '/history')
  await shot('history-empty')
  await page.goto(base + '/nothing-here')
  await shot('404')
  await page.goto(base + '/studio')
  await page.waitForTimeout(600)
  await dropFile(page, {
    name: 'Interview in the station hall.wav',
    type: 'audio/wav',
    content: readFileSync('/tmp/ui/noisy.wav'),
  })
  await page.waitForSelector('text=Uploaded')
  await page.waitForTimeout(600)
  await shot('studio-file')
  await page.click('button:has-text("Start")')
  await page.waitForURL('**/jobs/**')
  await page.waitForTimeout(700)
  await shot('job-running')
  await page.waitForSelector('.player, .stage .notice', { timeout: 60000 })
  await page.waitForTimeout(900)
  if (await page.$('.player')) {
    await page.focus('[role=slider]')
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight')
  }
  await shot('job-done')
  await page.keyboard.press('b')
  await shot('job-before')
  await page.click('summary').catch(() => {})
  await shot('job-again')
  await page.goto(base + '/studio')
  await page.waitForTimeout(600)
  await page.setInputFiles('input[type=file]', {
    name: 'notes.wav',
    mimeType: 'audio/wav',
    buffer: Buffer.from('this is not audio at all\n'.repeat(40)),
  })
  await page.waitForSelector('text=Uploaded')
  await page.waitForTimeout(400)
  await shot('studio-bad')
  await page.click('button:has-text("Start")')
  await page.waitForTimeout(4000)
  await shot('job-failed')
  await page.goto(base + '/history')
  await page.waitForTimeout(300)
  await shot('history')
  await page.goto(base + '/account')
  await page.waitForTimeout(300)
  await shot('account')
  console.log(v.id, JSON.stringify(record))
  await page.context().close()
}
await browser.close()
