import {
  isFinished,
  type JobView,
  type TranscriptCorrection,
  type TranscriptVersion,
  type UploadTicket,
} from './types'

export interface FieldError {
  /** Name of the field within its form, without prefixes. */
  field: string
  message: string
}

/** A problem+json answer, or a request that never got one (`code: 'network'`, status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fieldErrors: FieldError[] = [],
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

interface StartJob {
  input: { uploadId: string } | { text: string }
  capability: string
  modelName: string | null
  parameters: Record<string, unknown>
}

export async function createUpload(file: File, signal?: AbortSignal): Promise<UploadTicket> {
  return send<UploadTicket>('/api/storage/upload', {
    method: 'POST',
    body: { filename: file.name, content_type: file.type || 'application/octet-stream', bytes: file.size },
    signal,
  })
}

export async function startJob(job: StartJob): Promise<{ job_id: string }> {
  return send<{ job_id: string }>('/api/audio/process-audio', {
    method: 'POST',
    body: {
      input_type: 'text' in job.input ? 'text' : 'audio',
      input_data: 'text' in job.input ? job.input.text : job.input.uploadId,
      capability: job.capability,
      ...(job.modelName ? { model_name: job.modelName } : {}),
      parameters: job.parameters,
    },
  })
}

interface TextToEstimate {
  capability: string
  modelName: string | null
  characters: number
  speed: number | undefined
}

export async function estimateText(
  { capability, modelName, characters, speed }: TextToEstimate,
  signal: AbortSignal,
): Promise<{ outputSeconds: number; realTimeFactor: number | null }> {
  const estimate = await send<{ output_seconds: number; real_time_factor: number | null }>(
    '/api/audio/estimate',
    {
      method: 'POST',
      body: {
        capability,
        ...(modelName ? { model_name: modelName } : {}),
        input_characters: characters,
        parameters: speed === undefined ? {} : { speed },
      },
      signal,
    },
  )
  return { outputSeconds: estimate.output_seconds, realTimeFactor: estimate.real_time_factor }
}

export async function readJob(jobId: string): Promise<JobView> {
  return send<JobView>(`/api/audio/job-status/${encodeURIComponent(jobId)}`)
}

/** Resolves as well where the job ended before the request arrived. */
export async function cancelJob(jobId: string): Promise<void> {
  try {
    await send(`/api/audio/jobs/${encodeURIComponent(jobId)}/cancel`, { method: 'POST' })
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error
    if (!isFinished((await readJob(jobId)).status)) throw error
  }
}

export async function deleteJob(jobId: string): Promise<void> {
  await send(`/api/audio/jobs/${encodeURIComponent(jobId)}`, { method: 'DELETE' })
}

function transcriptPath(jobId: string): string {
  return `/api/audio/jobs/${encodeURIComponent(jobId)}/transcript`
}

/** The newest version unless another is named; before the first download only its free beginning. */
export async function readTranscript(
  jobId: string,
  { version, signal }: { version?: number; signal?: AbortSignal } = {},
): Promise<TranscriptVersion> {
  const query = version === undefined ? '' : `?version=${version}`
  return send<TranscriptVersion>(transcriptPath(jobId) + query, { signal })
}

/** @throws ApiError 402 before the first download, 409 where another version came first */
export async function correctTranscript(
  jobId: string,
  correction: TranscriptCorrection,
): Promise<TranscriptVersion> {
  return send<TranscriptVersion>(transcriptPath(jobId), { method: 'PUT', body: correction })
}

/** Starts a job that finds the times of the corrected words in the recording. */
export async function alignTranscript(jobId: string): Promise<{ job_id: string }> {
  return send<{ job_id: string }>(`${transcriptPath(jobId)}/align`, { method: 'POST' })
}

/** The uploaded recording itself, for playing it. */
export function uploadPath(uploadId: string): string {
  return `/api/storage/download/${encodeURIComponent(uploadId)}`
}

export function jobEventsPath(jobId: string): string {
  return `/api/audio/jobs/${encodeURIComponent(jobId)}/events`
}

/**
 * @param format null for the output as it is
 * @param layout of captions
 */
export function downloadPath(
  jobId: string,
  format: string | null,
  settings: Record<string, string> = {},
): string {
  const query = new URLSearchParams({ ...(format === null ? {} : { format }), ...settings }).toString()
  return `/api/audio/download-audio/${encodeURIComponent(jobId)}${query && `?${query}`}`
}

/**
 * Has the download prepared and paid for. The redirect to the file is not followed: after this resolved, the browser
 * may fetch the same address as a download without asking again.
 *
 * @param path a `downloadPath`
 * @throws ApiError 402 where the minutes do not suffice, 409 while the job is not completed
 */
export async function prepareDownload(path: string): Promise<void> {
  const response = await request(path, { redirect: 'manual' })
  if (response.type === 'opaqueredirect' || response.ok) return
  throw toApiError(response.status, await response.text())
}

interface SendOptions {
  method?: string
  body?: unknown
  signal?: AbortSignal
}

export async function send<T>(path: string, { method = 'GET', body, signal }: SendOptions = {}): Promise<T> {
  const response = await request(path, {
    method,
    signal,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok) throw toApiError(response.status, text)
  return (text ? JSON.parse(text) : null) as T
}

async function request(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { credentials: 'same-origin', ...init })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, 'network', 'The studio could not be reached')
  }
}

/** Reads problem+json; anything else keeps at least its status. */
export function toApiError(status: number, text: string): ApiError {
  const problem = parseObject(text)
  const code = asText(problem.code) ?? asText(problem.type)?.split(/[/:#]/).at(-1) ?? codeOfStatus(status)
  const message =
    asText(problem.detail) ?? asText(problem.title) ?? `The studio answered with status ${status}`
  const errors = [...asList(problem.errors), ...asList(problem.fields).map(ofParameters)]
  return new ApiError(status, code, message, readFieldErrors(errors))
}

/** What is wrong with a job’s parameter is told by its path within them; without one it is about all of them. */
function ofParameters(entry: unknown): object {
  const item = asObject(entry)
  return { ...item, path: `parameters.${asText(item.path) ?? ''}` }
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** Understands `{field|path|pointer, message|detail}`; paths may be strings, pointers or lists. */
export function readFieldErrors(errors: unknown[]): FieldError[] {
  return errors.flatMap((entry) => {
    const item = asObject(entry)
    const path = item.field ?? item.path ?? item.pointer
    const steps = Array.isArray(path) ? path.map(String) : (asText(path) ?? '').split(/[./#]+/)
    const named = steps.filter(Boolean)
    // An entry of a list is the list's field.
    const field = named[0] === 'parameters' && named.length > 1 ? named[1] : named.at(-1)
    const message = asText(item.message) ?? asText(item.detail)
    return field && message ? [{ field, message }] : []
  })
}

function codeOfStatus(status: number): string {
  const codes: Record<number, string> = {
    401: 'not_authenticated',
    402: 'insufficient_minutes',
    403: 'forbidden',
    404: 'not_found',
    413: 'payload_too_large',
    429: 'rate_limited',
    503: 'unavailable',
  }
  return codes[status] ?? (status >= 500 ? 'internal' : 'bad_request')
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(text))
  } catch {
    return {}
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function asText(value: unknown): string | null {
  return typeof value === 'string' && value ? value : null
}
