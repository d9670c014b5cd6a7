// Makes test/fixtures/payments/stripe-contract.json of Stripe's published OpenAPI description and fixtures
// (github.com/stripe/openapi, MIT): the operations that our gateway calls, the fields of what they answer, and an example
// of each. Usage: tsx scripts/payments/stripe-contract.ts <spec3.json> <fixtures3.json>
import { readFileSync, writeFileSync } from 'node:fs'

type Json = Record<string, unknown>

const operations: [method: string, path: string][] = [
  ['post', '/v1/customers'],
  ['post', '/v1/checkout/sessions'],
  ['get', '/v1/checkout/sessions'],
  ['get', '/v1/checkout/sessions/{session}'],
  ['get', '/v1/payment_intents/{intent}'],
  ['post', '/v1/subscriptions/{subscription_exposed_id}'],
  ['get', '/v1/disputes'],
  ['get', '/v1/invoices'],
  ['get', '/v1/invoices/{invoice}'],
  ['get', '/v1/invoice_payments'],
]
const resources = [
  'checkout.session',
  'customer',
  'payment_intent',
  'charge',
  'dispute',
  'invoice',
  'invoice_payment',
  'subscription',
  'subscription_item',
]

interface Spec {
  info: { version: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, { properties: Json }> }
}
interface Operation {
  parameters?: { name: string; in: string; required?: boolean; schema: unknown }[]
  requestBody?: { content: Record<string, { schema: unknown }> }
}

const [specFile = '', fixturesFile = ''] = process.argv.slice(2)
const spec = JSON.parse(readFileSync(specFile, 'utf8')) as Spec
const fixtures = JSON.parse(readFileSync(fixturesFile, 'utf8')) as { resources: Record<string, Json> }

/** A schema without what says nothing of validity. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(
    ([key, inner]) =>
      !(key.startsWith('x-') || (key === 'description' && typeof inner === 'string') || key === 'title'),
  )
  return Object.fromEntries(kept.map(([key, inner]) => [key, bare(inner)]))
}

function contractOf([method, path]: [string, string]) {
  const operation = spec.paths[path]?.[method]
  if (!operation) throw new Error(`The description has no ${method} ${path}`)
  const query = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query')
  const body = operation.requestBody?.content['application/x-www-form-urlencoded']?.schema
  return {
    method: method.toUpperCase(),
    path,
    input:
      method === 'get'
        ? {
            type: 'object',
            additionalProperties: false,
            properties: Object.fromEntries(query.map(({ name, schema }) => [name, bare(schema)])),
            required: query.filter(({ required }) => required).map(({ name }) => name),
          }
        : bare(body),
  }
}

const contract = {
  source: `github.com/stripe/openapi, version ${spec.info.version}, MIT licence`,
  operations: operations.map(contractOf),
  resources: Object.fromEntries(
    resources.map((name) => {
      const properties = Object.keys(spec.components.schemas[name]?.properties ?? {})
      if (properties.length === 0) throw new Error(`The description has no ${name}`)
      return [name, { properties, example: fixtures.resources[name] }]
    }),
  ),
}
writeFileSync('test/fixtures/payments/stripe-contract.json', `${JSON.stringify(contract)}\n`)
