/** What the test button sends. */
export const testEvent = 'webhook.test'

/** The body of a webhook (Standard Webhooks 1.0): what happened, when, and the facts. */
export function webhookPayload(type: string, at: Date, data: Record<string, string | number | null>): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), data })
}
