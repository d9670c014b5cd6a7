import { TextField } from '~/components/field'
import { Notice } from '~/components/notice'
import { ConfirmationFields, errorOf, SecurityForm, type SecurityAnswer } from '~/components/security-form'
import { plural } from '~/words/format'

interface SecondFactorCardProps {
  mfa: { enabled: boolean; recovery_codes_left: number; required: boolean }
  answer: SecurityAnswer | undefined
}

export function SecondFactorCard({ mfa, answer }: SecondFactorCardProps) {
  return (
    <section className="card stack" aria-label="Second factor">
      <div>
        <h2>Second factor</h2>
        <p className="field__hint">
          {mfa.enabled
            ? `Log-ins ask for a code. ${plural(mfa.recovery_codes_left, 'recovery code')} left.`
            : 'A code generator on your phone keeps the account safe even where somebody has the password.'}
        </p>
      </div>
      {answer?.recoveryCodes && <RecoveryCodes codes={answer.recoveryCodes} />}
      {mfa.enabled ? (
        <WhenEnabled answer={answer} required={mfa.required} />
      ) : (
        <WhenDisabled answer={answer} />
      )}
    </section>
  )
}

function RecoveryCodes({ codes }: { codes: string[] }) {
  return (
    <Notice tone="warning" title="Keep these recovery codes; they are shown only now">
      <p>Each logs you in once where your code generator is lost.</p>
      <ul className="recovery-codes numeric">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
    </Notice>
  )
}

function WhenDisabled({ answer }: { answer: SecurityAnswer | undefined }) {
  if (!answer?.setup) {
    return (
      <SecurityForm intent="mfa-setup" submit="Set it up" answer={answer} tone="primary">
        <ConfirmationFields answer={answer} intent="mfa-setup" withCode={false} />
      </SecurityForm>
    )
  }
  const { secret, qr_code: qrCode } = answer.setup
  return (
    <SecurityForm intent="mfa-enable" submit="Switch it on" answer={answer} tone="primary">
      <p>Scan this with a code generator, or type the secret in. Then enter the code that it shows.</p>
      <img className="qr-code" src={qrCode} alt="QR code for your code generator" width={200} height={200} />
      <p className="field__hint secret-text">{secret}</p>
      <input type="hidden" name="secret" value={secret} />
      <input type="hidden" name="qr_code" value={qrCode} />
      <TextField
        label="Code"
        name="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        required
        error={errorOf(answer, 'mfa-enable', 'code')}
      />
    </SecurityForm>
  )
}

function WhenEnabled({ answer, required }: { answer: SecurityAnswer | undefined; required: boolean }) {
  return (
    <>
      <details>
        <summary>New recovery codes</summary>
        <SecurityForm intent="mfa-codes" submit="Make new codes" answer={answer}>
          <p className="field__hint">The old ones become worthless.</p>
          <ConfirmationFields answer={answer} intent="mfa-codes" withCode />
        </SecurityForm>
      </details>
      {!required && (
        <details>
          <summary>Remove the second factor</summary>
          <SecurityForm intent="mfa-disable" submit="Remove it" answer={answer} tone="danger">
            <ConfirmationFields answer={answer} intent="mfa-disable" withCode />
          </SecurityForm>
        </details>
      )}
    </>
  )
}
