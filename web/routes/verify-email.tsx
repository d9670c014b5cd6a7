import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { data } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { AuthAnswer } from '~/components/auth-answer'
import { AuthCard } from '~/components/auth-card'
import { toFormProblem } from '~/session'

export const meta: MetaFunction = () => [
  { title: 'Confirm your e-mail address · Timbre' },
  { name: 'referrer', content: 'no-referrer' },
]

export function loader({ request }: LoaderFunctionArgs) {
  return { token: new URL(request.url).searchParams.get('token') ?? '' }
}

export async function action({ request, context }: ActionFunctionArgs) {
  const token = ((await request.formData()).get('token') ?? '') as string
  try {
    const { email } = await context.confirmEmail(token)
    return data({ problem: undefined, email })
  } catch (error) {
    return data({ problem: toFormProblem(error), email: null }, { status: 422 })
  }
}

/** A button, since mail programs and scanners open links of their own accord. */
export default function VerifyEmail() {
  const { token } = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  if (answer?.email) {
    return (
      <AuthAnswer title="Thank you" to="/studio" go="Go to the studio">
        <p>{answer.email} is confirmed.</p>
      </AuthAnswer>
    )
  }
  return (
    <AuthCard
      title="Confirm your e-mail address"
      lead="One click, and we know that the address is yours."
      submit="Confirm the address"
      problem={answer?.problem}
      returnTo="/studio"
      foot={<Link to="/account/security">Ask for another link</Link>}
    >
      <input type="hidden" name="token" value={token} />
    </AuthCard>
  )
}
