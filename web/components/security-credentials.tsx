import { TextField } from '~/components/field'
import { ConfirmationFields, errorOf, SecurityForm, type SecurityAnswer } from '~/components/security-form'

interface CardProps {
  answer: SecurityAnswer | undefined
}

export function EmailCard({ email, verified, answer }: CardProps & { email: string; verified: boolean }) {
  return (
    <section className="card stack" aria-label="E-mail address">
      <div>
        <h2>E-mail address</h2>
        <p className="field__hint">
          {email} {verified ? 'is confirmed.' : 'is not confirmed yet.'}
        </p>
      </div>
      {!verified && <SecurityForm intent="resend" submit="Send the link once more" answer={answer} />}
      <SecurityForm intent="email" submit="Change the address" answer={answer}>
        <TextField
          label="New e-mail address"
          name="email"
          type="email"
          autoComplete="email"
          required
          error={errorOf(answer, 'email', 'email')}
        />
        <ConfirmationFields answer={answer} intent="email" withCode={false} />
      </SecurityForm>
    </section>
  )
}

export function PasswordCard({ answer }: CardProps) {
  return (
    <section className="card stack" aria-label="Password">
      <div>
        <h2>Password</h2>
        <p className="field__hint">A new password ends all other sessions.</p>
      </div>
      <SecurityForm intent="password" submit="Change the password" answer={answer}>
        <ConfirmationFields answer={answer} intent="password" withCode={false} />
        <TextField
          label="New password"
          name="new_password"
          type="password"
          autoComplete="new-password"
          required
          minLength={8}
          hint="At least 8 characters; a few unrelated words are best"
          error={errorOf(answer, 'password', 'new_password')}
        />
      </SecurityForm>
    </section>
  )
}
