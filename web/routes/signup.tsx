import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { data, redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { AuthCard } from '~/components/auth-card'
import { TextField } from '~/components/field'
import { safeReturnPath, toFormProblem } from '~/session'
import { plural } from '~/words/format'

export const meta: MetaFunction = () => [{ title: 'Sign up · Timbre' }]

export function loader({ request, context }: LoaderFunctionArgs) {
  const next = safeReturnPath(new URL(request.url).searchParams.get('next'))
  if (context.principal) throw redirect(next)
  return { next, freeMinutes: context.freeMinutes, signupEnabled: context.signupEnabled }
}

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData()
  const text = (name: string) => (form.get(name) ?? '') as string
  const account = {
    username: text('username').trim(),
    email: text('email').trim(),
    password: text('password'),
  }
  try {
    const { setCookie } = await context.signUp(account)
    return redirect(safeReturnPath(form.get('next')), { headers: { 'set-cookie': setCookie } })
  } catch (error) {
    const entered = { username: account.username, email: account.email }
    return data({ problem: toFormProblem(error), entered }, { status: 422 })
  }
}

export default function SignUp() {
  const { next, freeMinutes, signupEnabled } = useLoaderData<typeof loader>()
  const refused = useActionData<typeof action>()
  const errorOf = (field: string) =>
    refused?.problem.fieldErrors.find((error) => error.field === field)?.message
  if (!signupEnabled) return <SignUpClosed />
  return (
    <AuthCard
      title="Create your account"
      lead={
        freeMinutes > 0
          ? `It comes with ${plural(freeMinutes, 'free minute')} of downloads. Previews are always free.`
          : 'Previews are always free.'
      }
      submit="Sign up"
      problem={refused?.problem}
      returnTo={next}
      foot={
        <>
          Have an account already? <Link to={`/login?next=${encodeURIComponent(next)}`}>Log in</Link>
        </>
      }
    >
      <TextField
        label="User name"
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        minLength={3}
        maxLength={32}
        defaultValue={refused?.entered.username}
        error={errorOf('username')}
        hint="3 to 32 letters, digits, dots, hyphens or underscores"
      />
      <TextField
        label="E-mail address"
        name="email"
        type="email"
        autoComplete="email"
        required
        defaultValue={refused?.entered.email}
        error={errorOf('email')}
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        required
        minLength={8}
        error={errorOf('password')}
        hint="At least 8 characters; a few unrelated words are best"
      />
    </AuthCard>
  )
}

function SignUpClosed() {
  return (
    <main id="main" tabIndex={-1} className="page page--narrow">
      <div className="card stack">
        <h1>Sign-up is closed</h1>
        <p>The operator of this studio creates the accounts. Ask there for one.</p>
        <Link className="button" to="/login">
          Log in
        </Link>
      </div>
    </main>
  )
}
