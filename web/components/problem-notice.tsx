import { Link } from '@remix-run/react'
import type { ApiError } from '~/api/client'
import { Notice } from '~/components/notice'
import { explain } from '~/words/errors'

/** A refused request in words; field errors stand at their fields as well. */
export function ProblemNotice({ problem }: { problem: ApiError }) {
  const words = explain(problem.code, problem.message)
  // What concerns the settings as a whole stands at no field.
  const overall = problem.fieldErrors.filter(({ field }) => field === 'parameters')
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
