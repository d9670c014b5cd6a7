import { Link } from '@remix-run/react'
import type { ApiError } from '~/api/client'
import { Notice } from '~/components/notice'
import { explain } from '~/words/errors'

/** A refused request in words; field errors stand at their fields as well. */
export function ProblemNotice({ problem }: { problem: ApiError }) {
  const words = explain(problem.code, problem.message)
  return (
    <Notice tone="danger" title={words.title}>
      <p>{words.advice}</p>
      {problem.status === 401 && <Link to="/login">Log in</Link>}
    </Notice>
  )
}
