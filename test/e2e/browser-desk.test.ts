import OpenAI from 'openai'
import type { Page } from 'playwright-core'
import { afterAll, expect, it } from 'vitest'
import { startStripeServer, type StripeServer } from '../support/stripe-server'
import { readLayoutShift, readSidewaysScroll } from './support/browser'
import { describeInBrowser } from './support/browser-suite'
import { hydrated, readBalance, signUp } from './support/studio-steps'

const webhookSecret = 'whsec_of_this_browser_test'
const adminPassword = 'copper meadow lantern 41'

let stripe: StripeServer

describeInBrowser(
  'the billing desk in a browser',
  ({ url, open }) => {
    afterAll(() => stripe.stop())

    async function visit(page: Page, path: string) {
      await page.goto(`${url()}${path}`)
      await hydrated(page)
    }

    /** The customer pays, and the gateway tells of it. */
    async function pay(sessionId: string) {
      stripe.pay(sessionId)
      const told = stripe.webhook('checkout.session.completed', stripe.sessionOf(sessionId), {
        ...{ secret: webhookSecret, at: new Date() },
      })
      const taken = await fetch(`${url()}/api/payment/webhook/stripe`, {
        ...{ method: 'POST', headers: told.headers, body: new Uint8Array(told.rawBody) },
      })
      expect(taken.status).toBe(200)
    }

    it('sells minutes, writes a receipt, and then gives a key that works until it is revoked', async () => {
      const { page } = await open()
      await page.route('https://checkout.stripe.com/**', (route) => route.fulfill({ body: 'The checkout' }))
      await signUp(page, url())
      await visit(page, '/plans')
      await page.getByRole('button', { name: 'Buy Hour, $' }).click()
      await page.waitForURL('https://checkout.stripe.com/**')
      const sessionId = new URL(page.url()).pathname.split('/').at(-1)!

      await pay(sessionId)
      await page.goto(String(stripe.sessionOf(sessionId).success_url))
      await page.getByText('Minutes are added as soon as').waitFor()
      await expect
        .poll(
          async () => {
            await page.reload()
            return readBalance(page)
          },
          { timeout: 20_000, interval: 500 },
        )
        .toBe(70 * 60)
      await page.getByText('Paid', { exact: true }).waitFor()
      const receipt = await page.request.get(
        `${url()}${await page.getByRole('link', { name: 'Receipt' }).getAttribute('href')}`,
      )
      expect(receipt.headers()['content-type']).toBe('application/pdf')
      expect((await receipt.body()).subarray(0, 5).toString()).toBe('%PDF-')

      await visit(page, '/keys')
      await page.getByLabel('Name').fill('My program')
      await page.getByLabel('Everything that keys can do').check()
      await page.getByRole('button', { name: 'Make the key' }).click()
      const secret = (await page.locator('.key-secret').textContent())!
      const client = new OpenAI({ baseURL: `${url()}/v1`, apiKey: secret, maxRetries: 0 })
      expect((await client.models.list()).data.length).toBeGreaterThan(0)
      await page.getByRole('button', { name: 'Revoke My program' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
      await page.getByText('No keys yet').waitFor()
      await expect(client.models.list()).rejects.toMatchObject({ status: 401 })
    }, 120_000)

    it('begins a subscription, and cancels and resumes it', async () => {
      const { page } = await open()
      await page.route('https://checkout.stripe.com/**', (route) => route.fulfill({ body: 'The checkout' }))
      await signUp(page, url())
      await visit(page, '/plans?currency=USD')
      await page.getByRole('button', { name: 'Subscribe to' }).first().click()
      await page.waitForURL('https://checkout.stripe.com/**')
      await pay(new URL(page.url()).pathname.split('/').at(-1)!)
      await expect
        .poll(
          async () => {
            await visit(page, '/billing')
            return page.getByText('Renewed').count()
          },
          { timeout: 20_000, interval: 500 },
        )
        .toBe(1)
      await page.getByRole('button', { name: 'Cancel' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel the subscription' }).click()
      await page.getByText('Ends').waitFor()
      await page.getByRole('button', { name: 'Resume' }).click()
      await page.getByText('Renewed').waitFor()
    }, 120_000)

    it('asks for a second factor once it is set up, and takes a recovery code once', async () => {
      const { page } = await open()
      const { username, password } = await signUp(page, url())
      await visit(page, '/account/security')
      const card = page.getByRole('region', { name: 'Second factor' })
      await card.getByLabel('Your password').fill(password)
      await card.getByRole('button', { name: 'Set it up' }).click()
      const secret = (await card.locator('.secret-text').textContent())!.trim()
      expect(
        await card.getByRole('img').evaluate((image: HTMLImageElement) => image.naturalWidth),
      ).toBeGreaterThan(100)
      const { Secret, TOTP } = await import('otpauth')
      await card.getByLabel('Code').fill(new TOTP({ secret: Secret.fromBase32(secret) }).generate())
      await card.getByRole('button', { name: 'Switch it on' }).click()
      await card.locator('.recovery-codes li').first().waitFor()
      const codes = await card.locator('.recovery-codes li').allTextContents()
      expect(new Set(codes).size).toBe(10)

      await page.getByRole('button', { name: 'Log out' }).click()
      await page.waitForURL(`${url()}/`)
      await visit(page, '/login')
      await page.getByLabel('User name or e-mail address').fill(username)
      await page.getByLabel('Password').fill(password)
      await page.getByRole('main').getByRole('button', { name: 'Log in' }).click()
      await page.getByText('One more step').waitFor()
      await page.getByLabel('Code').fill(codes[0]!)
      await page.getByRole('main').getByRole('button', { name: 'Log in' }).click()
      await page.waitForURL('**/studio')
      await visit(page, '/account/security')
      await page.getByText('9 recovery codes left').waitFor()
    }, 120_000)

    it('sends a new password to who forgot theirs, by a mail that the operator’s mailbox shows', async () => {
      const { page } = await open()
      const { username } = await signUp(page, url())
      await page.getByRole('button', { name: 'Log out' }).click()
      await page.waitForURL(`${url()}/`)
      await visit(page, '/forgot-password')
      await page.getByLabel('E-mail address').fill(`${username}@example.org`)
      await page.getByRole('button', { name: 'Send the link' }).click()
      await page.getByText('Look into your mailbox').waitFor()

      const { page: desk } = await open()
      await desk.goto(`${url()}/login?next=/mailbox`)
      await desk.getByLabel('User name or e-mail address').fill('admin')
      await desk.getByLabel('Password').fill(adminPassword)
      await desk.getByRole('main').getByRole('button', { name: 'Log in' }).click()
      await desk.waitForURL(`${url()}/mailbox`)
      const mail = desk.getByRole('listitem').filter({ hasText: `to ${username}@example.org` })
      const reset = mail.filter({ hasText: /password/i }).getByRole('link')
      await expect
        .poll(
          async () => {
            await desk.reload()
            return reset.count()
          },
          { timeout: 20_000, interval: 500 },
        )
        .toBe(1)
      await reset.click()
      const link = (await desk.locator('.mail__text a').first().getAttribute('href'))!
      await page.goto(link)
      await page.getByLabel('New password').fill('amber forest railway 77')
      await page.getByRole('button', { name: 'Set the password' }).click()
      await page.getByText('Your password is changed').waitFor()
      await visit(page, '/login')
      await page.getByLabel('User name or e-mail address').fill(username)
      await page.getByLabel('Password').fill('amber forest railway 77')
      await page.getByRole('main').getByRole('button', { name: 'Log in' }).click()
      await page.waitForURL('**/studio')
    }, 120_000)

    it('adds a webhook, shows its secret once, and deletes it', async () => {
      const { page } = await open()
      await signUp(page, url())
      await visit(page, '/webhooks')
      await page.getByLabel('Address').fill('https://1.1.1.1/timbre')
      await page.getByLabel('job.completed').check()
      await page.getByRole('button', { name: 'Add', exact: true }).click()
      expect(await page.locator('.webhook__secret').textContent()).toMatch(/^whsec_/)
      await page.reload()
      await hydrated(page)
      expect(await page.locator('.webhook__secret').count()).toBe(0)
      await page.getByRole('button', { name: 'Delete' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
      await page.getByText('No webhooks yet').waitFor()
    }, 120_000)

    it('remembers what somebody wants to be told', async () => {
      const { page } = await open()
      await signUp(page, url())
      await visit(page, '/notifications')
      const box = page.getByRole('row', { name: 'Jobs' }).getByRole('checkbox').nth(1)
      expect(await box.isChecked()).toBe(false)
      const saved = page.waitForResponse((answer) => answer.request().method() !== 'GET' && answer.ok())
      await box.check()
      await saved
      await page.reload()
      expect(await box.isChecked()).toBe(true)
    }, 120_000)

    it('fits a phone and stays still while it loads', async () => {
      const { page } = await open({ viewport: { width: 360, height: 760 } })
      await signUp(page, url())
      for (const path of [
        ...['/plans', '/billing', '/account', '/account/security', '/keys', '/notifications', '/webhooks'],
      ]) {
        await visit(page, path)
        await page.waitForLoadState('networkidle')
        expect(await readSidewaysScroll(page), path).toBeLessThanOrEqual(0)
        expect(await readLayoutShift(page), path).toBeLessThan(0.05)
      }
    }, 120_000)
  },
  {
    environment: async () => {
      stripe = await startStripeServer()
      return {
        ADMIN_PASSWORD: adminPassword,
        STRIPE_SECRET_KEY: 'sk_test_of_this_browser_test',
        STRIPE_WEBHOOK_SECRET: webhookSecret,
        STRIPE_API_BASE: stripe.url,
      }
    },
  },
)
