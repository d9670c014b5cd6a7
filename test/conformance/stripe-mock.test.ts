import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createStripeGateway } from '../../src/modules/billing/gateways/stripe'

const apiBase = process.env.STRIPE_MOCK_URL

/**
 * Stripe's own mock server (github.com/stripe/stripe-mock), generated from its OpenAPI description, refuses whatever that
 * does not describe. Start it and name its address in STRIPE_MOCK_URL.
 */
describe.skipIf(apiBase === undefined)('against stripe-mock (needs STRIPE_MOCK_URL)', () => {
  const gateway = createStripeGateway({ secretKey: 'sk_test_123', webhookSecrets: ['whsec_1'], apiBase })

  it.each(['pack', 'subscription'] as const)('begins the checkout of a %s', async (kind) => {
    const checkout = await gateway.createCheckout({
      transactionId: randomUUID(),
      userId: randomUUID(),
      plan: { id: randomUUID(), name: '60 minutes', kind },
      amountMinor: 900,
      currency: 'USD',
      customer: { email: 'ada@example.com', name: 'Ada', reference: null },
      successUrl: 'https://studio.example/billing',
      cancelUrl: 'https://studio.example/plans',
      expiresAt: new Date(Date.now() + 3_600_000),
    })
    expect(checkout.sessionId).toMatch(/^cs_/)
    expect(checkout.customerReference).toMatch(/^cus_/)
  })

  it('asks how a checkout stands, and what things hang on', async () => {
    expect(await gateway.fetchState('cs_test_123')).not.toBeNull()
    for (const kind of ['payment', 'subscription'] as const) {
      expect(await gateway.findCheckout({ kind, reference: 'x_123' })).toMatch(/^cs_/)
    }
  })
})
