import { Form, useNavigation } from '@remix-run/react'
import type { ReactNode } from 'react'
import { TextField } from '~/components/field'
import { Notice } from '~/components/notice'
import type { FormProblem } from '~/session'

/** What one of the page's forms led to; `intent` says which. */
export interface SecurityAnswer {
  intent: string
  problem?: FormProblem
  done?: string
  setup?: { secret: string; qr_code: string }
  recoveryCodes?: string[]
}

interface SecurityFormProps {
  intent: string
  submit: string
  answer: SecurityAnswer | undefined
  tone?: 'primary' | 'danger'
  children?: ReactNode
}

/** One thing that the security page does; a plain form, so it needs no script. */
export function SecurityForm({ intent, submit, answer, tone, children }: SecurityFormProps) {
  const busy = useNavigation().formData?.get('intent') === intent
  return (
    <Form method="post" className="stack stack--tight">
      <input type="hidden" name="intent" value={intent} />
      {answer?.intent === intent && <Outcome answer={answer} />}
      {children}
      <button className={`button ${tone ? `button--${tone}` : ''}`} type="submit" aria-disabled={busy}>
        {submit}
      </button>
    </Form>
  )
}

function Outcome({ answer }: { answer: SecurityAnswer }) {
  if (answer.done) return <Notice tone="info" title={answer.done} />
  if (!answer.problem) return null
  return (
    <Notice tone="danger" title={answer.problem.title}>
      {answer.problem.advice && <p>{answer.problem.advice}</p>}
    </Notice>
  )
}

export function errorOf(answer: SecurityAnswer | undefined, intent: string, field: string) {
  if (answer?.intent !== intent) return undefined
  return answer.problem?.fieldErrors.find((error) => error.field === field)?.message
}

/** The password and, where a second factor is set up, a code. */
export function ConfirmationFields({
  answer,
  intent,
  withCode,
}: {
  answer: SecurityAnswer | undefined
  intent: string
  withCode: boolean
}) {
  return (
    <>
      <TextField
        label="Your password"
        name="current_password"
        type="password"
        autoComplete="current-password"
        required
        error={errorOf(answer, intent, 'current_password')}
      />
      {withCode && (
        <TextField
          label="Code"
          name="code"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          required
          hint="Of your code generator, or a recovery code"
          error={errorOf(answer, intent, 'code')}
        />
      )}
    </>
  )
}
