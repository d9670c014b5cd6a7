import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { data, redirect } from '@remix-run/node'
import { Link, useActionData, useLoaderData } from '@remix-run/react'
import { AuthCard } from '~/components/auth-card'
import { TextField } from '~/components/field'
import { safeReturnPath, toFormProblem } from '~/session'

export const meta: MetaFunction = () => [{ title: 'Log in · Timbre' }]

export function loader({ request, context }: LoaderFunctionArgs) {
  const next = safeReturnPath(new URL(request.url).searchParams.get('next'))
  if (context.principal) throw redirect(next)
  return { next, signupEnabled: context.signupEnabled }
}

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData()
  const identifier = ((form.get('identifier') ?? '') as string).trim()
  try {
    const { setCookie } = await context.logIn({
      identifier,
      password: (form.get('password') ?? '') as string,
    })
    return redirect(safeReturnPath(form.get('next')), { headers: { 'set-cookie': setCookie } })
  } catch (error) {
    return data({ problem: toFormProblem(error), identifier }, { status: 422 })
  }
}

export default function LogIn() {
  const { next, signupEnabled } = useLoaderData<typeof loader>()
  const refused = useActionData<typeof action>()
  const errorOf = (field: string) =>
    refused?.problem.fieldErrors.find((error) => error.field === field)?.message
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
    </AuthCard>
  )
}
