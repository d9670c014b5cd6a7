import type { ActionFunctionArgs, MetaFunction } from '@remix-run/node'
import { data } from '@remix-run/node'
import { Link, useActionData } from '@remix-run/react'
import { AuthAnswer } from '~/components/auth-answer'
import { AuthCard } from '~/components/auth-card'
import { TextField } from '~/components/field'
import { toFormProblem } from '~/session'

export const meta: MetaFunction = () => [{ title: 'Forgot your password? · Timbre' }]

export async function action({ request, context }: ActionFunctionArgs) {
  const email = (((await request.formData()).get('email') ?? '') as string).trim()
  try {
    await context.requestPasswordReset(email)
    return data({ problem: undefined, email })
  } catch (error) {
    return data({ problem: toFormProblem(error), email: null }, { status: 422 })
  }
}

export default function ForgotPassword() {
  const answer = useActionData<typeof action>()
  if (answer?.email) {
    return (
      <AuthAnswer title="Look into your mailbox" to="/login" go="Back to the log-in">
        <p>
          If {answer.email} belongs to an account, a link is on its way there. It works once, for an hour.
        </p>
      </AuthAnswer>
    )
  }
  return (
    <AuthCard
      title="Forgot your password?"
      lead="We send a link to your e-mail address that lets you choose a new one."
      submit="Send the link"
      problem={answer?.problem}
      returnTo="/login"
      foot={<Link to="/login">Back to the log-in</Link>}
    >
      <TextField
        label="E-mail address"
        name="email"
        type="email"
        autoComplete="email"
        required
        error={answer?.problem?.fieldErrors.find(({ field }) => field === 'email')?.message}
      />
    </AuthCard>
  )
}
