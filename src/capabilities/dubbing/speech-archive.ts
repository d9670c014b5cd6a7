import { rename, stat } from 'node:fs/promises'
import { join } from 'node:path'

import type { HandlerContext, TaskArtifact } from '../capability'
import type { SpeechStore } from './speech-store'
import { packFolder } from './tar'

type Means = Pick<HandlerContext, 'ffmpeg' | 'signal'>

/**
 * All speech as it was before it was fitted: a later dub of the same recording speaks only what has changed. It is a
 * result as the dub is, and goes by the task's own folder as all results do, for what is done to them there: generated
 * sound is marked. Speech of an earlier dub has been there before.
 */
export async function packSpeech(store: SpeechStore, outputDir: string, means: Means): Promise<TaskArtifact> {
  for (const name of await store.added()) {
    const written = join(outputDir, `speech-${name}`)
    await rewrite(join(store.folder, name), written, means)
    await rename(written, join(store.folder, name))
  }
  const path = join(outputDir, 'speech.tar')
  await packFolder(store.folder, path)
  return {
    ...{ name: 'speech.tar', path, contentType: 'application/x-tar', free: false },
    bytes: (await stat(path)).size,
  }
}

async function rewrite(from: string, to: string, { ffmpeg, signal }: Means): Promise<void> {
  const sink = ffmpeg.encode({ outputs: [{ path: to, format: 'flac' }], signal })
  try {
    const { sampleRateHz, channels, blocks } = await ffmpeg.decode(from, { maxSeconds: 3600, signal })
    sink.begin(sampleRateHz, channels)
    for await (const block of blocks) await sink.write(block)
    await sink.finish()
  } catch (error) {
    await sink.abort()
    throw error
  }
}
