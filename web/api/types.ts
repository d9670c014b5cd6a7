/** The wire format of the API as the UI reads it. Times in seconds, dates in ISO 8601, names in snake_case. */

export type JobStatus = 'pending' | 'processing' | 'completed' | 'failed' | 'canceled'

/** Answer of `GET /api/audio/job-status/{job_id}`, element of `GET /api/audio/jobs`, data of every `job` event. */
/** How good sound is; numbers that cannot be had are null. */
export interface SoundQuality {
  integrated_lufs: number | null
  loudness_range_lu: number | null
  true_peak_dbtp: number | null
  clipped_samples: number
  noise_floor_dbfs: number | null
  speech: { signal: number; background: number; overall: number } | null
}

export interface JobView {
  job_id: string
  capability: string
  model_name: string
  status: JobStatus
  /** `fraction` runs from 0 to 1 within the whole job; `text` is what there is of a text result so far. */
  progress: { stage: string; fraction: number; text: string | null }
  created_at: string
  started_at: string | null
  completed_at: string | null
  error: { code: string; message: string } | null
  /** The beginning of the text that is worked on. */
  input_text: string | null
  /** The preview as it is made, while the job runs. */
  stream_url: string | null
  input: JobInput | null
  output: JobOutput | null
  parameters: Record<string, unknown>
}

export interface JobInput {
  filename: string | null
  duration_seconds: number | null
  preview_url: string | null
  /** The upload behind the job; as long as it is kept, another job may start from it without sending it again. */
  upload_id: string | null
}

export type OutputKind = 'audio' | 'video' | 'transcript' | 'data'

export interface JobOutput {
  kind: OutputKind
  content_type: string
  duration_seconds: number
  /** What the first download takes from the balance; 0 after it. */
  cost_seconds: number
  preview_url: string | null
  /** The free part of a text result. */
  preview_text: string | null
  /** Further files; `url` is null until the output is paid for. */
  artifacts: { name: string; content_type: string; bytes: number; url: string | null }[]
  /** What the capability says about the result. */
  details: Record<string, unknown> | null
  /** Null where the output is no sound. */
  quality: { input: SoundQuality | null; output: SoundQuality | null } | null
  /** Peaks from 0 to 1, both lists over the whole length. */
  waveform: { input: number[]; output: number[] } | null
  downloaded: boolean
  filename: string
}

export type VoiceStatus = 'checking' | 'ready' | 'rejected' | 'awaiting_moderation'

/** Element of `GET /api/voice-library`. */
export interface VoiceView {
  id: string
  kind: 'library' | 'preset'
  name: string
  description: string
  tags: string[]
  language: string | null
  gender: string | null
  status: VoiceStatus
  /** Why it was rejected. */
  reason: string | null
  findings: { check: string; passed: boolean; advice: string | null }[]
  speech_seconds: number | null
  pitch_hz: number | null
}

export interface VoicePage {
  data: VoiceView[]
  has_more: boolean
}

export interface JobPage {
  data: JobView[]
  has_more: boolean
}

/** The parts of JSON Schema that parameters of capabilities use. */
export interface ParameterSchema {
  type?: string | string[]
  title?: string
  description?: string
  default?: unknown
  enum?: unknown[]
  const?: unknown
  minimum?: number
  maximum?: number
  multipleOf?: number
  minLength?: number
  maxLength?: number
  anyOf?: ParameterSchema[]
  oneOf?: ParameterSchema[]
  properties?: Record<string, ParameterSchema>
  required?: string[]
  items?: ParameterSchema
  /** Not needed by most people: shown on demand. */
  advanced?: boolean
  /** Not for forms: pages that know what it means set it. */
  hidden?: boolean
  /** A control of its own, such as `voice`. */
  control?: string
  /** Values of other parameters without which it means nothing. */
  only_if?: Record<string, unknown>
}

export interface ModelDescription {
  id: string
  title: string
  summary: string
  default: boolean
  licence: { spdx: string; commercial_use: boolean }
  quality: { metric: string; value: number; baseline?: number | null; test_set: string; date: string }[]
  sample_rate_hz: number
  /** Voices that come with the model. */
  voices: { id: string; name: string; language: string | null; gender: string | null }[]
  /** Computing seconds for each second of audio, by the jobs of late. */
  real_time_factor: number | null
  available: boolean
  unavailable_reason: string | null
}

/** Element of `GET /api/audio/capabilities`. */
export interface CapabilityDescription {
  id: string
  title: string
  summary: string
  inputs: string[]
  /** Null where no sound comes out. */
  sound: { generated: boolean; speech: boolean } | null
  models: ModelDescription[]
  parameters: ParameterSchema
  limits: {
    max_input_bytes: number | null
    max_input_seconds: number | null
    max_text_characters: number | null
  }
}

/** Answer of `POST /api/storage/upload`. */
export interface UploadTicket {
  upload_id: string
  url: string
  method: string
  headers: Record<string, string>
  expires_at: string
}

export interface TranscriptWord {
  text: string
  start: number
  end: number
  confidence: number
}

export interface TranscriptSegment {
  start: number
  end: number
  text: string
  speaker: string | null
  words: TranscriptWord[]
}

/** Answer of `GET /api/audio/jobs/{job_id}/transcript`. */
export interface TranscriptVersion {
  job_id: string
  version: number
  created_at: string
  /** False until the output is paid for: then the transcript holds its free beginning only. */
  complete: boolean
  transcript: {
    language: string | null
    duration: number
    text: string
    segments: TranscriptSegment[]
    speakers: { id: string; name: string }[]
  }
}

/** A corrected transcript: where a segment comes without words, the server times them. */
export interface TranscriptCorrection {
  version: number
  transcript: {
    segments: (Omit<TranscriptSegment, 'words'> & { words?: TranscriptWord[] })[]
    speakers: { id: string; name: string }[]
  }
}

export function isFinished(status: JobStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'canceled'
}
