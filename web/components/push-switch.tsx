import { useEffect, useState } from 'react'
import { addPush, readPush, removePush, type PushSubscriptionView } from '~/api/notifications'

type State =
  | { phase: 'asking' | 'unsupported' | 'refused' | 'failed' }
  | { phase: 'ready'; publicKey: string; mine: PushSubscriptionView | null; busy: boolean }

const scriptPath = '/service-worker.js'

/** Has this browser told by web push, also while no page is open. */
export function PushSwitch() {
  const [state, setState] = useState<State>({ phase: 'asking' })

  useEffect(() => {
    const stop = new AbortController()
    look(stop.signal).then(setState, () => {
      if (!stop.signal.aborted) setState({ phase: 'failed' })
    })
    return () => {
      stop.abort()
    }
  }, [])

  const toggle = async () => {
    if (state.phase !== 'ready') return
    setState({ ...state, busy: true })
    try {
      const mine = state.mine ? await signOff(state.mine) : await signOn(state.publicKey)
      setState({ ...state, mine, busy: false })
    } catch {
      setState({ phase: Notification.permission === 'denied' ? 'refused' : 'failed' })
    }
  }

  return (
    <section className="card stack" aria-label="This browser">
      <h2>This browser</h2>
      {state.phase === 'ready' ? (
        <>
          <p>
            {state.mine
              ? 'This browser is told, also while the studio is closed.'
              : 'Be told by this browser, also while the studio is closed.'}
          </p>
          <div>
            <button type="button" className="button" disabled={state.busy} onClick={() => void toggle()}>
              {state.mine ? 'Turn off' : 'Turn on'}
            </button>
          </div>
        </>
      ) : (
        <p className="field__hint">{words[state.phase]}</p>
      )}
    </section>
  )
}

const words = {
  asking: 'Looking …',
  unsupported: 'This browser cannot be told, or the studio was not opened by https.',
  refused: 'This browser was told not to show messages of this site. Allow them in its settings.',
  failed: 'This browser could not be signed on. Reload the page and try again.',
}

async function look(signal: AbortSignal): Promise<State> {
  if (!('serviceWorker' in navigator) || !('PushManager' in window)) return { phase: 'unsupported' }
  if (Notification.permission === 'denied') return { phase: 'refused' }
  const [known, registration] = await Promise.all([
    readPush(signal),
    navigator.serviceWorker.getRegistration(scriptPath),
  ])
  const subscription = await registration?.pushManager.getSubscription()
  const mine = known.data.find(({ endpoint }) => endpoint === subscription?.endpoint) ?? null
  return { phase: 'ready', publicKey: known.public_key, mine, busy: false }
}

async function signOn(publicKey: string): Promise<PushSubscriptionView> {
  await navigator.serviceWorker.register(scriptPath)
  const { pushManager } = await navigator.serviceWorker.ready
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey })
  return addPush(subscription.toJSON())
}

async function signOff(mine: PushSubscriptionView): Promise<null> {
  await removePush(mine.id)
  const registration = await navigator.serviceWorker.getRegistration(scriptPath)
  await (await registration?.pushManager.getSubscription())?.unsubscribe()
  return null
}
