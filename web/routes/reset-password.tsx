import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { data } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { AuthAnswer } from '~/components/auth-answer'
import { AuthCard } from '~/components/auth-card'
import { TextField } from '~/components/field'
import { toFormProblem } from '~/session'

export const meta: MetaFunction = () => [
  { title: 'Choose a new password · Timbre' },
  { name: 'referrer', content: 'no-referrer' },
]

export function loader({ request }: LoaderFunctionArgs) {
  return { token: new URL(request.url).searchParams.get('token') ?? '' }
}

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData()
  const text = (name: string) => (form.get(name) ?? '') as string
  try {
    await context.resetPassword({ token: text('token'), newPassword: text('new_password') })
    return data({ problem: undefined, done: true })
  } catch (error) {
    return data({ problem: toFormProblem(error), done: false }, { status: 422 })
  }
}

export default function ResetPassword() {
  const { token } = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  if (answer?.done) {
    return (
      <AuthAnswer title="Your password is changed" to="/login" go="Log in">
        <p>All sessions were ended. Log in with the new password.</p>
      </AuthAnswer>
    )
  }
  return (
    <AuthCard
      title="Choose a new password"
      lead="It ends all sessions of your account."
      submit="Set the password"
      problem={answer?.problem}
      returnTo="/login"
      foot={<Link to="/forgot-password">Ask for another link</Link>}
    >
      <input type="hidden" name="token" value={token} />
      <TextField
        label="New password"
        name="new_password"
        type="password"
        autoComplete="new-password"
        required
        minLength={8}
        hint="At least 8 characters; a few unrelated words are best"
        error={answer?.problem?.fieldErrors.find(({ field }) => field === 'new_password')?.message}
      />
    </AuthCard>
  )
}
