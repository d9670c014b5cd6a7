import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { METRIC_RATE_HZ } from '../noise-removal/metrics'
import { comparableWords, wordErrors } from '../speech-to-text/word-errors'
import { wavFile } from './wav'

const run = promisify(execFile)
const peak = 0.5
const silenceSamples = 0.2 * METRIC_RATE_HZ

/**
 * How many words of a text a recogniser does not hear: CMU Sphinx with its language model of 5,000 words, which knows
 * none of the voices. All sound is brought to the same level, with a little silence around it.
 *
 * @param samples At 16 kHz.
 * @param folder For its file.
 */
export async function errorsHeard(
  samples: Float32Array,
  text: string,
  { weights, folder }: { weights: string; folder: string },
): Promise<{ errors: number; words: number }> {
  const loudest = samples.reduce((largest, sample) => Math.max(largest, Math.abs(sample)), 1e-3)
  const padded = new Float32Array(samples.length + 2 * silenceSamples)
  padded.set(
    samples.map((sample) => (sample * peak) / loudest),
    silenceSamples,
  )
  const wav = join(folder, 'heard.wav')
  await writeFile(wav, wavFile(padded, METRIC_RATE_HZ))
  const models = join(weights, 'asr/pocketsphinx')
  const { stdout } = await run('pocketsphinx_continuous', [
    ...['-hmm', join(models, 'en-us/en-us'), '-dict', join(models, 'en-us/cmudict-en-us.dict')],
    ...['-lm', join(models, 'wlist5o.nvp.lm.lower.bin'), '-infile', wav, '-logfn', '/dev/null'],
  ])
  const wanted = comparableWords(text)
  return { errors: wordErrors(wanted, comparableWords(stdout)), words: wanted.length }
}
