import type { Manifest } from '../../../inference/manifest'
import { AppError } from '../../../platform/errors'
import { voiceOptionsOf } from '../voice-model'

/** The graph of a vocoder of one graph. */
export function onlyFile({ id, files }: Manifest, named: string | undefined): string {
  const file = named ?? files.find(({ path }) => path.endsWith('.onnx'))?.path
  if (file !== undefined) return file
  throw new AppError('model_corrupt', { message: `The manifest of “${id}” names no .onnx file.` })
}

/** Samples a mel frame. */
export function vocoderHop(manifest: Manifest): number {
  return voiceOptionsOf(manifest).mel.hop_length
}
