import { z } from 'zod'
import type { SignedRequest } from '../../platform/objects'
import type { StoredFile } from './service'

export const uploadRequestSchema = z.object({
  filename: z.string().min(1).max(10_000).describe('Shown and offered for saving; never used as a path.'),
  content_type: z
    .string()
    .min(1)
    .max(200)
    .describe('audio/*, video/*, application/ogg or application/octet-stream'),
  bytes: z.number().int().min(1).describe('Size of the file.'),
})

/** What a client does to send a file: `method` `url` with `headers` and the file as the body. */
export const uploadTargetSchema = z.object({
  upload_id: z.uuid(),
  url: z.string(),
  method: z.literal('PUT'),
  headers: z.record(z.string(), z.string()),
  expires_at: z.iso.datetime(),
})
export type UploadTarget = z.output<typeof uploadTargetSchema>

export const storedFileSchema = z.object({
  upload_id: z.uuid(),
  filename: z.string(),
  content_type: z.string(),
  bytes: z.number().int(),
  sha256: z.string().nullable(),
  status: z.enum(['pending', 'stored']),
  created_at: z.iso.datetime(),
})
export type StoredFileView = z.output<typeof storedFileSchema>

export const objectParamsSchema = z.object({ id: z.uuid() })

export function toUploadTarget(objectId: string, { url, headers, expiresAt }: SignedRequest): UploadTarget {
  return { upload_id: objectId, url, method: 'PUT', headers, expires_at: expiresAt.toISOString() }
}

export function toStoredFileView(file: StoredFile): StoredFileView {
  return {
    upload_id: file.objectId,
    filename: file.filename,
    content_type: file.contentType,
    bytes: file.bytes,
    sha256: file.sha256,
    status: file.status === 'pending' ? 'pending' : 'stored',
    created_at: file.createdAt.toISOString(),
  }
}
