import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { data, redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { Notice } from '~/components/notice'
import { EmailCard, PasswordCard } from '~/components/security-credentials'
import { DataCard } from '~/components/security-data'
import { SecondFactorCard } from '~/components/security-second-factor'
import type { SecurityAnswer } from '~/components/security-form'
import { SessionsCard } from '~/components/security-sessions'
import { requireLogIn, toFormProblem } from '~/session'

export const meta: MetaFunction = () => [{ title: 'Security and data · Timbre' }]

export async function loader({ request, context }: LoaderFunctionArgs) {
  requireLogIn(request, context)
  return { ...(await context.security.overview()), setupOnly: context.principal?.setupOnly === true }
}

export async function action({ request, context }: ActionFunctionArgs) {
  requireLogIn(request, context)
  const form = await request.formData()
  const text = (name: string) => ((form.get(name) ?? '') as string).trim()
  const { security } = context
  const intent = text('intent')
  const password = (form.get('current_password') ?? '') as string
  const confirmation = { password, code: text('code') || undefined }
  const answer = (rest: Omit<SecurityAnswer, 'intent'>, headers?: HeadersInit) =>
    data<SecurityAnswer>({ intent, ...rest }, headers ? { headers } : {})
  try {
    switch (intent) {
      case 'resend':
        await security.resendVerification()
        return answer({ done: 'The link is on its way to your mailbox.' })
      case 'email':
        await security.changeEmail({ email: text('email'), password })
        return answer({
          done: `A link was sent to ${text('email')}. The address changes once you have used it.`,
        })
      case 'password': {
        const newPassword = (form.get('new_password') ?? '') as string
        const { setCookie } = await security.changePassword({ password, newPassword })
        const done = 'Your password is changed, and all other sessions were ended.'
        return answer({ done }, { 'set-cookie': setCookie })
      }
      case 'mfa-setup':
        return answer({ setup: await security.setUpMfa(confirmation) })
      case 'mfa-enable':
        return await security.enableMfa(text('code')).then(
          (recoveryCodes) => answer({ recoveryCodes }),
          // The QR code stays in sight for another try.
          (error: unknown) => {
            const setup = { secret: text('secret'), qr_code: text('qr_code') }
            return data<SecurityAnswer>({ intent, setup, problem: toFormProblem(error) }, { status: 422 })
          },
        )
      case 'mfa-disable':
        await security.disableMfa(confirmation)
        return answer({ done: 'The password alone logs in now.' })
      case 'mfa-codes':
        return answer({ recoveryCodes: await security.renewRecoveryCodes(confirmation) })
      case 'end-session':
        await security.endSession(text('session_id'))
        return answer({ done: 'The session is ended.' })
      case 'end-others':
        await security.endOtherSessions()
        return answer({ done: 'All other sessions are ended.' })
      case 'delete':
        await security.requestDeletion(confirmation)
        return redirect('/', { headers: { 'set-cookie': (await context.logOut()).setCookie } })
      default:
        throw new Response(null, { status: 400 })
    }
  } catch (error) {
    if (error instanceof Response) throw error
    return data<SecurityAnswer>({ intent, problem: toFormProblem(error) }, { status: 422 })
  }
}

export default function Security() {
  const { email, emailVerified, mfa, sessions, setupOnly } = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const of = (...intents: string[]) => (answer && intents.includes(answer.intent) ? answer : undefined)
  return (
    <main id="main" tabIndex={-1} className="page">
      <div className="page-head">
        <h1>Security and data</h1>
        {!setupOnly && <Link to="/account">Account</Link>}
      </div>
      {setupOnly && (
        <Notice tone="warning" title="Set up a second factor first">
          <p>Administrators of this studio need one. Everything else opens once it is set up.</p>
        </Notice>
      )}
      <div className="security-cards">
        <SecondFactorCard mfa={mfa} answer={of('mfa-setup', 'mfa-enable', 'mfa-disable', 'mfa-codes')} />
        {!setupOnly && (
          <>
            <EmailCard email={email} verified={emailVerified} answer={of('email', 'resend')} />
            <PasswordCard answer={of('password')} />
            <SessionsCard sessions={sessions} answer={of('end-session', 'end-others')} />
            <DataCard withCode={mfa.enabled} answer={of('delete')} />
          </>
        )}
      </div>
    </main>
  )
}
