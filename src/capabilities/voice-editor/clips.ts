import { stat } from 'node:fs/promises'
import { join } from 'node:path'

import { createBleep } from '../../audio/bleep'
import { mergeEdits } from '../../audio/edit-list'
import { applyEdits } from '../../audio/edit-list-apply'
import { createSilence } from '../../audio/edit-list-fill'
import { previewOutput, previewRateHz } from '../../audio/encode'
import { audioFormatTable } from '../../audio/formats'
import { frameCount, type PcmBlock } from '../../audio/pcm'
import { joinBlocks, sliceBlock } from '../../audio/frame-reader'
import type { CapabilityTask, HandlerContext, TaskArtifact } from '../capability'
import type { Hit } from './hits'
import type { VoiceEditorParameters } from './index'
import type { RecordingProfile } from './recording-profile'
import { seamFrames } from './seams'
import type { Sound } from './sound'

const rateHz = previewRateHz
const contextSeconds = 1
/** Longer hits are shortened in the middle, to this much at either end. */
const edgeSeconds = 3
/** Of one dry run; whoever has more hits gets no clip of those that follow. */
export const maxClips = 500

interface Clip {
  hit: Hit
  /** Stretches of the recording that it is made of, in frames. */
  windows: { start: number; end: number }[]
  /** Where in it the edit lies. */
  edit: { startFrame: number; endFrame: number }
  parts: PcmBlock[]
}

export interface ClipRequest {
  task: CapabilityTask<VoiceEditorParameters>
  sound: Sound
  hits: readonly Hit[]
  profile: RecordingProfile
  onProgress(fraction: number): void
}

/**
 * Makes a clip of each hit, by which a person can judge it: what is there with the edit applied, and a second before
 * and after, mono and of lower grade. One pass over the recording; what is muted is silent in it.
 */
export async function makeClips(
  request: ClipRequest,
  { ffmpeg, signal }: HandlerContext,
): Promise<Map<string, TaskArtifact>> {
  const { task, sound, hits, profile } = request
  const artifacts = new Map<string, TaskArtifact>()
  const waiting = hits.slice(0, maxClips).map((hit) => planClip(hit, profile))
  if (waiting.length === 0) return artifacts
  const maxSeconds = task.maxInputSeconds + contextSeconds
  const decoded = await ffmpeg.decode(sound.path, { sampleRateHz: rateHz, channels: 1, maxSeconds, signal })
  try {
    let position = 0
    let open: Clip[] = []
    for await (const block of decoded.blocks) {
      const end = position + frameCount(block)
      while (waiting[0] && waiting[0].windows[0]!.start < end) open.push(waiting.shift()!)
      for (const clip of open) collect(clip, block, position)
      const complete = open.filter(({ windows }) => windows.at(-1)!.end <= end)
      for (const clip of complete)
        artifacts.set(clip.hit.id, await writeClip(clip, request, { ffmpeg, signal }))
      open = open.filter((clip) => !complete.includes(clip))
      position = end
      request.onProgress(position / rateHz / (profile.frames / profile.sampleRateHz))
    }
    for (const clip of open) artifacts.set(clip.hit.id, await writeClip(clip, request, { ffmpeg, signal }))
  } finally {
    await decoded.stop()
  }
  return artifacts
}

function planClip(hit: Hit, { sampleRateHz }: RecordingProfile): Clip {
  const start = Math.round((hit.edit.startFrame / sampleRateHz) * rateHz)
  const end = Math.max(start + 1, Math.round((hit.edit.endFrame / sampleRateHz) * rateHz))
  const from = Math.max(0, start - contextSeconds * rateHz)
  const to = end + contextSeconds * rateHz
  const edge = edgeSeconds * rateHz
  const short = end - start <= 2 * edge
  return {
    hit,
    windows: short
      ? [{ start: from, end: to }]
      : [
          { start: from, end: start + edge },
          { start: end - edge, end: to },
        ],
    edit: { startFrame: start - from, endFrame: start - from + Math.min(end - start, 2 * edge) },
    parts: [],
  }
}

function collect({ windows, parts }: Clip, block: PcmBlock, position: number): void {
  for (const { start, end } of windows) {
    const first = Math.max(0, start - position)
    const last = Math.min(frameCount(block), end - position)
    if (last > first) parts.push(sliceBlock(block, first, last))
  }
}

async function writeClip(
  { hit, edit, parts }: Clip,
  { task, profile }: ClipRequest,
  { ffmpeg, signal }: Pick<HandlerContext, 'ffmpeg' | 'signal'>,
): Promise<TaskArtifact> {
  const whole = joinBlocks(parts, 1)
  const totalFrames = frameCount(whole)
  const edits = mergeEdits([
    { ...hit.edit, startFrame: edit.startFrame, endFrame: Math.min(edit.endFrame, totalFrames) },
  ])
  const loudness = profile.speechAmplitudes.reduce((sum, value) => sum + value, 0) / profile.channels
  const edited = applyEdits(once(whole), edits, {
    ...{ channels: 1, totalFrames },
    ...seamFrames(task.parameters, rateHz),
    fill: ({ action }) =>
      action === 'bleep'
        ? createBleep({ sampleRateHz: rateHz, frequencyHz: task.parameters.bleep_hz, amplitudes: [loudness] })
        : createSilence(1),
  })
  const name = `${hit.id}.mp3`
  const path = join(task.outputDir, name)
  const sink = ffmpeg.encode({ outputs: [previewOutput(path, totalFrames / rateHz + 1)], signal })
  try {
    sink.begin(rateHz, 1)
    for await (const block of edited.blocks) await sink.write(block)
    await sink.finish()
  } catch (error) {
    await sink.abort()
    throw error
  }
  const { contentType } = audioFormatTable.mp3
  return { name, path, contentType, bytes: (await stat(path)).size, free: true }
}

async function* once(block: PcmBlock): AsyncGenerator<PcmBlock> {
  yield block
}
