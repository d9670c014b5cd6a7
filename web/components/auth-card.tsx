import { Form, useNavigation } from '@remix-run/react'
import type { ReactNode } from 'react'
import { Notice } from '~/components/notice'
import type { FormProblem } from '~/session'

interface AuthCardProps {
  title: string
  lead: string
  submit: string
  problem: FormProblem | undefined
  returnTo: string
  children: ReactNode
  foot: ReactNode
}

/** The frame that sign-up and log-in share; a plain form, so it needs no script. */
export function AuthCard({ title, lead, submit, problem, returnTo, children, foot }: AuthCardProps) {
  const busy = useNavigation().formMethod === 'POST'
  return (
    <main id="main" tabIndex={-1} className="page page--narrow">
      <Form method="post" className="card stack">
        <div>
          <h1>{title}</h1>
          <p className="field__hint">{lead}</p>
        </div>
        {problem && (
          <Notice tone="danger" title={problem.title}>
            {problem.advice && <p>{problem.advice}</p>}
          </Notice>
        )}
        <input type="hidden" name="next" value={returnTo} />
        {children}
        <button className="button button--primary button--wide" type="submit" aria-disabled={busy}>
          {submit}
        </button>
      </Form>
      <p className="auth-foot">{foot}</p>
    </main>
  )
}
