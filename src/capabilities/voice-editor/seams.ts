import type { EditingOptions } from '../../audio/edit-list-apply'
import type { VoiceEditorParameters } from './index'

/** How far the end of a cut that was found, not given, may move to where the two sides fit. */
const searchSeconds = 0.005

/** Lengths of fades and seams at a sample rate. */
export function seamFrames(
  { fade_ms: fadeMs, crossfade_ms: crossfadeMs }: VoiceEditorParameters,
  sampleRateHz: number,
): Pick<EditingOptions, 'fadeFrames' | 'crossfadeFrames' | 'searchFrames'> {
  return {
    fadeFrames: Math.max(1, Math.round((fadeMs / 1000) * sampleRateHz)),
    crossfadeFrames: Math.round((crossfadeMs / 1000) * sampleRateHz),
    searchFrames: Math.round(searchSeconds * sampleRateHz),
  }
}
