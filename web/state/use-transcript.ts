import { useEffect, useState } from 'react'
import { ApiError, correctTranscript, readTranscript } from '~/api/client'
import type { TranscriptCorrection, TranscriptVersion } from '~/api/types'

export type TranscriptDraft = TranscriptCorrection['transcript']

/**
 * The transcript of a job: its newest version, or an older one on demand.
 *
 * @param downloaded another value has it loaded again
 */
export function useTranscript(jobId: string, downloaded: boolean) {
  const [version, setVersion] = useState<TranscriptVersion | null>(null)
  const [newest, setNewest] = useState(1)
  const [problem, setProblem] = useState<ApiError | null>(null)

  useEffect(() => {
    const abort = new AbortController()
    readTranscript(jobId, { signal: abort.signal }).then(
      (found) => {
        setVersion(found)
        setNewest(found.version)
      },
      (error: unknown) => {
        if (error instanceof ApiError) setProblem(error)
      },
    )
    return () => {
      abort.abort()
    }
  }, [jobId, downloaded])

  /** Resolves to whether it worked; what went wrong is the problem to show. */
  const attempt = async (work: () => Promise<void>): Promise<boolean> => {
    setProblem(null)
    try {
      await work()
      return true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setProblem(error)
      return false
    }
  }
  return {
    version,
    newest,
    problem,
    attempt,
    show: (number: number) =>
      attempt(async () => {
        setVersion(await readTranscript(jobId, { version: number }))
      }),
    correct: (draft: TranscriptDraft) =>
      attempt(async () => {
        const saved = await correctTranscript(jobId, { version: newest, transcript: draft })
        setVersion(saved)
        setNewest(saved.version)
      }),
  }
}
