import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { useLoaderData, useRevalidator } from '@remix-run/react'
import { useState } from 'react'
import { removeWebhook, type WebhookView } from '~/api/notifications'
import { ConfirmDialog } from '~/components/confirm-dialog'
import { Notice } from '~/components/notice'
import { WebhookAdder } from '~/components/webhook-adder'
import { WebhookCard } from '~/components/webhook-card'
import { requireLogIn } from '~/session'

export const meta: MetaFunction = () => [{ title: 'Webhooks · Timbre' }]

export async function loader({ request, context }: LoaderFunctionArgs) {
  requireLogIn(request, context)
  return { webhooks: await context.listWebhooks(), events: context.webhookEvents }
}

export default function Webhooks() {
  const { webhooks, events } = useLoaderData<typeof loader>()
  const { revalidate } = useRevalidator()
  const [secret, setSecret] = useState<string | null>(null)
  const [doomed, setDoomed] = useState<WebhookView | null>(null)
  const [failed, setFailed] = useState(false)

  const remove = async (id: string) => {
    setFailed(false)
    await removeWebhook(id).catch(() => {
      setFailed(true)
    })
    revalidate()
  }
  return (
    <main id="main" tabIndex={-1} className="page">
      <div className="page-head">
        <h1>Webhooks</h1>
      </div>
      {secret !== null && (
        <Notice tone="info" title="The secret of the webhook, shown only now">
          <p>
            <code className="webhook__secret">{secret}</code>
          </p>
          <p>Your program verifies the signatures of messages with it (Standard Webhooks).</p>
        </Notice>
      )}
      {failed && (
        <Notice tone="danger" title="That did not work">
          <p>Reload the page and try again.</p>
        </Notice>
      )}
      <div className="columns news-columns">
        <section className="stack" aria-label="Your webhooks">
          {webhooks.length === 0 && (
            <div className="card empty">
              <h2>No webhooks yet</h2>
              <p>Have a program of yours told when a job is ready or a payment has come in.</p>
            </div>
          )}
          {webhooks.map((webhook) => (
            <WebhookCard
              key={webhook.id}
              webhook={webhook}
              onSecret={setSecret}
              onChanged={revalidate}
              onRemove={() => {
                setDoomed(webhook)
              }}
            />
          ))}
        </section>
        <section className="card" aria-label="Add a webhook">
          <WebhookAdder
            events={events}
            onAdded={(added) => {
              setSecret(added)
              revalidate()
            }}
          />
        </section>
      </div>
      {doomed && (
        <ConfirmDialog
          title="Delete this webhook?"
          confirm="Delete"
          onClose={() => {
            setDoomed(null)
          }}
          onConfirm={() => {
            setDoomed(null)
            void remove(doomed.id)
          }}
        >
          <p>{doomed.url} is told no more, and the log of its messages goes with it.</p>
        </ConfirmDialog>
      )}
    </main>
  )
}
