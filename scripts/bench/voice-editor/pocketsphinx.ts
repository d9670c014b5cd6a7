import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { Ffmpeg } from '../../../src/audio/ffmpeg'
import type { Transcript } from '../../../src/transcript/transcript'

const run = promisify(execFile)

/** Listens with CMU Sphinx as Debian packages it: a recogniser that has nothing to do with ours. */
export async function listenWithPocketsphinx(
  path: string,
  weights: string,
  ffmpeg: Ffmpeg,
): Promise<Transcript> {
  const folder = await mkdtemp(join(tmpdir(), 'timbre-bench-'))
  try {
    const wav = join(folder, 'clip.wav')
    await run(ffmpeg.binaries.ffmpegPath, [
      ...['-v', 'error', '-i', path, '-ar', '16000', '-ac', '1', '-c:a', 'pcm_s16le', wav],
    ])
    const models = join(weights, 'asr/pocketsphinx')
    const { stdout } = await run('pocketsphinx_continuous', [
      ...['-hmm', join(models, 'en-us/en-us'), '-dict', join(models, 'en-us/cmudict-en-us.dict')],
      ...['-lm', join(models, 'swb.lm.lower.bin'), '-infile', wav, '-logfn', '/dev/null', '-time', 'yes'],
    ])
    return transcriptOf(stdout)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Lines of `word start end confidence`; second pronunciations come as `word(2)`, sounds as `<sil>` and `[NOISE]`. */
function transcriptOf(output: string): Transcript {
  const lines = [...output.matchAll(/^([a-z'.-]+)(?:\(\d+\))? ([\d.]+) ([\d.]+) ([\d.]+)$/gm)]
  const words = lines.map(([, text, start, end, confidence]) => ({
    ...{ text: text!, start: Number(start), end: Number(end), confidence: Math.min(1, Number(confidence)) },
  }))
  const text = words.map((word) => word.text).join(' ')
  const duration = words.at(-1)?.end ?? 0
  return {
    ...{ language: 'en', duration, text, speakers: [], model: { id: 'pocketsphinx', version: '5' } },
    segments: [{ start: 0, end: duration, text, speaker: null, words, decoding: null }],
  }
}
