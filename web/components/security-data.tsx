import { ConfirmationFields, SecurityForm, type SecurityAnswer } from '~/components/security-form'

export function DataCard({ withCode, answer }: { withCode: boolean; answer: SecurityAnswer | undefined }) {
  return (
    <section className="card stack" aria-label="Your data">
      <div>
        <h2>Your data</h2>
        <p className="field__hint">
          Everything that is kept of you, your uploads and the results that you downloaded, as a zip file.
        </p>
      </div>
      <a className="button" href="/api/users/export" download>
        Download my data
      </a>
      <details open={answer !== undefined}>
        <summary>Delete the account</summary>
        <SecurityForm intent="delete" submit="Delete my account" answer={answer} tone="danger">
          <p className="field__hint">
            You are logged out everywhere at once, and in 30 days everything is gone for good. Log in before
            then to keep the account. Payments are kept as the law asks, without your name.
          </p>
          <ConfirmationFields answer={answer} intent="delete" withCode={withCode} />
        </SecurityForm>
      </details>
    </section>
  )
}
