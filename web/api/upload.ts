import { ApiError, createUpload, toApiError } from './client'
import { ownAddress } from './own-address'

export interface UploadHooks {
  signal: AbortSignal
  /** From 0 to 1. */
  onProgress(fraction: number): void
}

/**
 * Sends a file to the address that the studio signs for it.
 *
 * @returns the upload's id
 * @throws ApiError; an AbortError when `signal` is aborted
 */
export async function uploadFile(file: File, { signal, onProgress }: UploadHooks): Promise<string> {
  const ticket = await createUpload(file, signal)
  signal.throwIfAborted()
  await sendBytes(file, ticket, { signal, onProgress })
  return ticket.upload_id
}

/** XMLHttpRequest, because fetch does not tell how much of a body has left. */
export function sendBytes(
  file: File,
  ticket: { url: string; method: string; headers: Record<string, string> },
  { signal, onProgress }: UploadHooks,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = () => {
      request.abort()
    }
    signal.addEventListener('abort', abort, { once: true })
    request.open(ticket.method, ownAddress(ticket.url))
    for (const [name, value] of Object.entries(ticket.headers)) {
      // The browser sets the length itself and refuses to be told.
      if (name.toLowerCase() !== 'content-length') request.setRequestHeader(name, value)
    }
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total)
    }
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve()
      else reject(toApiError(request.status, request.responseText))
    }
    request.onerror = () => {
      reject(new ApiError(0, 'network', 'The upload was interrupted'))
    }
    request.onabort = () => {
      reject(new DOMException('The upload was stopped', 'AbortError'))
    }
    request.onloadend = () => {
      signal.removeEventListener('abort', abort)
    }
    request.send(file)
  })
}
