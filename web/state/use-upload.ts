import { useCallback, useEffect, useRef, useState } from 'react'
import { ApiError } from '~/api/client'
import { uploadFile } from '~/api/upload'

export type UploadState =
  | { phase: 'none' }
  | { phase: 'sending'; fraction: number }
  | { phase: 'sent' }
  | { phase: 'failed'; error: ApiError }

interface Running {
  controller: AbortController
  uploadId: Promise<string>
}

/** One upload at a time; a new one stops the one before, and so does leaving the page. */
export function useUpload() {
  const [state, setState] = useState<UploadState>({ phase: 'none' })
  const running = useRef<Running | null>(null)

  const stop = useCallback(() => {
    running.current?.controller.abort()
    running.current = null
    setState({ phase: 'none' })
  }, [])

  const start = useCallback((file: File) => {
    running.current?.controller.abort()
    const controller = new AbortController()
    const update = (next: UploadState) => {
      if (running.current?.controller === controller) setState(next)
    }
    const uploadId = uploadFile(file, {
      signal: controller.signal,
      onProgress: (fraction) => {
        update({ phase: 'sending', fraction })
      },
    })
    running.current = { controller, uploadId }
    setState({ phase: 'sending', fraction: 0 })
    uploadId.then(
      () => {
        update({ phase: 'sent' })
      },
      (error: unknown) => {
        update({ phase: 'failed', error: asApiError(error) })
      },
    )
  }, [])

  useEffect(() => () => running.current?.controller.abort(), [])

  /** The id as soon as every byte has arrived. */
  const uploadId = useCallback(() => running.current?.uploadId ?? Promise.reject(new Error('No upload')), [])

  return { state, start, stop, uploadId }
}

function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, 'network', 'The upload was interrupted')
}
