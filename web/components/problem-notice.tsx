import { Link } from '@remix-run/react'
import type { ApiError } from '~/api/client'
import { Notice } from '~/components/notice'
import { explain } from '~/words/errors'

interface ProblemNoticeProps {
  problem: ApiError
  /** Whether the settings are to be seen, so that what is wrong with one stands there. */
  fieldsShown?: boolean
}

/** What concerns the settings as a whole, or the text that is worked on, stands at no setting. */
const withoutField = ['parameters', 'input_data']

/** A refused request in words. */
export function ProblemNotice({ problem, fieldsShown = true }: ProblemNoticeProps) {
  const words = explain(problem.code, problem.message)
  const overall = problem.fieldErrors.filter(({ field }) => !fieldsShown || withoutField.includes(field))
  const sentences = overall.length > 0 ? overall.map(({ message }) => message) : [words.advice]
  return (
    <Notice tone="danger" title={words.title}>
      {sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {problem.status === 401 && <Link to="/login">Log in</Link>}
    </Notice>
  )
}
