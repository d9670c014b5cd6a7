import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { data, redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { AuthCard } from '~/components/auth-card'
import { TextField } from '~/components/field'
import { safeReturnPath, toFormProblem, type FormProblem } from '~/session'

export const meta: MetaFunction = () => [{ title: 'Log in · Timbre' }]

export function loader({ request, context }: LoaderFunctionArgs) {
  const next = safeReturnPath(new URL(request.url).searchParams.get('next'))
  if (context.principal) throw redirect(next)
  return { next, signupEnabled: context.signupEnabled }
}

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData()
  const text = (name: string) => (form.get(name) ?? '') as string
  const identifier = text('identifier').trim()
  const challenge = text('challenge') || null
  try {
    const step = challenge
      ? await context.logInWithCode({ challenge, code: text('code').trim() })
      : await context.logIn({ identifier, password: text('password') })
    if ('challenge' in step) return data({ problem: undefined, identifier, challenge: step.challenge })
    return redirect(safeReturnPath(form.get('next')), { headers: { 'set-cookie': step.setCookie } })
  } catch (error) {
    const problem = toFormProblem(error)
    // A challenge that is over cannot be answered any more: the log-in starts again.
    const isOver = error instanceof Error && 'code' in error && error.code === 'token_invalid'
    return data({ problem, identifier, challenge: isOver ? null : challenge }, { status: 422 })
  }
}

export default function LogIn() {
  const { next, signupEnabled } = useLoaderData<typeof loader>()
  const refused = useActionData<typeof action>()
  const errorOf = (field: string) =>
    refused?.problem?.fieldErrors.find((error) => error.field === field)?.message
  if (refused?.challenge) {
    return (
      <SecondStep
        next={next}
        challenge={refused.challenge}
        problem={refused.problem}
        error={errorOf('code')}
      />
    )
  }
  return (
    <AuthCard
      title="Welcome back"
      lead="Log in to your studio."
      submit="Log in"
      problem={refused?.problem}
      returnTo={next}
      foot={
        signupEnabled && (
          <>
            New here? <Link to={`/signup?next=${encodeURIComponent(next)}`}>Create an account</Link>
          </>
        )
      }
    >
      <TextField
        label="User name or e-mail address"
        name="identifier"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        defaultValue={refused?.identifier}
        error={errorOf('identifier')}
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        error={errorOf('password')}
      />
      <p className="field__hint">
        <Link to="/forgot-password">Forgot your password?</Link>
      </p>
    </AuthCard>
  )
}

interface SecondStepProps {
  next: string
  challenge: string
  problem: FormProblem | undefined
  error: string | undefined
}

function SecondStep({ next, challenge, problem, error }: SecondStepProps) {
  return (
    <AuthCard
      title="One more step"
      lead="Enter the code that your code generator shows, or one of your recovery codes."
      submit="Log in"
      problem={problem}
      returnTo={next}
      foot={<Link to={`/login?next=${encodeURIComponent(next)}`}>Start again</Link>}
    >
      <input type="hidden" name="challenge" value={challenge} />
      <TextField
        label="Code"
        name="code"
        autoComplete="one-time-code"
        autoCapitalize="none"
        spellCheck={false}
        required
        autoFocus
        error={error}
      />
    </AuthCard>
  )
}
