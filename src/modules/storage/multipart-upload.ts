import fastifyMultipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../../platform/errors'
import { closeAfterRefusal } from '../../platform/objects'
import { tooLarge, type StorageService, type StoredFile } from './service'

/** Boundaries, part headers and text fields around the file. */
const formOverheadBytes = 1024 * 1024

export interface ReceivedForm {
  /** The file of the form, stored; null where the form has none. */
  file: StoredFile | null
  /** Text fields by name; of a name given twice, the last. */
  fields: Record<string, string>
  /** Every value of a name, in the order of the form. */
  values: Record<string, string[]>
}

/** Lets the routes of `app` take `multipart/form-data` with `receiveForm`. */
export async function acceptForms(app: FastifyInstance): Promise<void> {
  if (!app.hasRequestDecorator('parts')) await app.register(fastifyMultipart)
  app.addHook('onSend', closeAfterRefusal)
}

/**
 * Reads a form with at most one file, which is streamed to the object store; when anything about the form is wrong,
 * nothing remains of it.
 */
export async function receiveForm(
  service: Pick<StorageService, 'receiveFile' | 'deleteObject'>,
  maxBytes: number,
  userId: string,
  request: FastifyRequest,
): Promise<ReceivedForm> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes + formOverheadBytes) throw tooLarge(maxBytes)
  const form: ReceivedForm = { file: null, fields: {}, values: {} }
  const gone = new AbortController()
  const onClose = () => request.raw.complete || gone.abort()
  request.raw.once('close', onClose)
  try {
    const limits = { files: 1, fields: 50, fieldSize: 65_536, fileSize: maxBytes + 1 }
    for await (const part of request.parts({ limits, throwFileSizeLimit: false } as object)) {
      if (part.type === 'field') {
        form.fields[part.fieldname] = String(part.value)
        ;(form.values[part.fieldname] ??= []).push(String(part.value))
      } else {
        const { filename, mimetype: contentType, file: stream } = part
        form.file = await service.receiveFile(userId, filename, contentType, stream, gone.signal)
      }
    }
    return form
  } catch (error) {
    if (form.file) await service.deleteObject(userId, form.file.objectId)
    throw inOurWords(error)
  } finally {
    request.raw.off('close', onClose)
  }
}

function inOurWords(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'FST_FILES_LIMIT')
    return new AppError('bad_request', { message: 'Send one file.', cause: error })
  if (error instanceof Error && /terminated early|Unexpected end of/.test(error.message)) {
    return new AppError('bad_request', { message: 'The form ends in the middle of a part.', cause: error })
  }
  return error
}
