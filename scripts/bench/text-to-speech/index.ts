import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { createOrtRuntime } from '../../../src/inference/ort-runtime'
import type { Session } from '../../../src/inference/runtime'
import { readAudio } from '../noise-removal/audio'
import { dnsmos, METRIC_RATE_HZ } from '../noise-removal/metrics'
import { pocketsphinxMissing } from '../speech-to-text/peers/pocketsphinx'
import { errorsHeard } from './listener'
import { measureLongText } from './long-text'
import { programSpeakers } from './peers/programs'
import { sherpaMissing, sherpaSpeaker } from './peers/sherpa'
import { productSpeaker, type ProductVoice } from './product'
import { measureSameWeights } from './same-weights'
import type { BenchSpeaker } from './speakers'

const usage = `npm run bench -- text-to-speech [--sentences 20] [--weights <folder>] [--characters 5000,100000]
                                  [--peers <folder with sherpa-onnx-node>] [--sherpa-voice <folder>]
                                  [--same-voice <folder>]

Says the sentences of scripts/train/voice/sentences.txt, on which no voice was trained, with the product's voices and
with peers: words that pocketsphinx does not hear, DNSMOS, CPU seconds a second of speech, memory. Then a long text:
time to the first sentence, pace, memory. Then the engine for Piper's voices beside sherpa-onnx with the same weights, which
may be random: python scripts/bench/text-to-speech/peers/untrained-voice.py <folder> makes a voice for --same-voice.`

const voices: ProductVoice[] = [
  { model: 'timbre-tacotron2', parameters: { voice_id: 'timbre-clara' } },
  { model: 'timbre-tacotron2', parameters: { voice_id: 'timbre-ross' } },
  { model: 'timbre-tacotron2', parameters: { voice_id: 'timbre-clara', vocoder: 'hifigan-v2-ljspeech' } },
]

/** How well voices are understood, how natural they are, and what they cost. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      sentences: { type: 'string', default: '20' },
      weights: { type: 'string', default: '../shared/weights' },
      characters: { type: 'string', default: '5000,100000' },
      peers: { type: 'string', default: '' },
      'sherpa-voice': { type: 'string', default: '' },
      'same-voice': { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const lines = (await readFile('scripts/train/voice/sentences.txt', 'utf8')).trim().split('\n')
  const texts = lines.slice(0, Number(values.sentences))
  const deaf = await pocketsphinxMissing(values.weights)
  if (deaf) console.log(`pocketsphinx: ${deaf}; no word errors`)
  const judge = await createOrtRuntime({ providers: ['cpu'] }).createSession(
    join(values.weights, 'quality/dnsmos/DNSMOS_sig_bak_ovr.onnx'),
  )
  const speakers = [
    ...voices.map((voice) => productSpeaker(voice, values.weights)),
    ...(await programSpeakers()),
    sherpaSpeaker(values.peers, values['sherpa-voice']),
  ]
  const rows = []
  for (const speaker of speakers) {
    if (speaker.missing) console.log(`${speaker.name}: ${speaker.missing}`)
    else rows.push(await measure(speaker, texts, judge, deaf ? null : values.weights))
  }
  console.table(rows)
  await judge.release()
  const long = []
  for (const characters of values.characters.split(',').filter(Boolean)) {
    long.push(await measureLongText(lines, Number(characters)))
  }
  if (long.length > 0) console.table(long)
  const missing = sherpaMissing(values.peers, values['same-voice'])
  if (missing) console.log(`sherpa-onnx with the same weights: ${missing}`)
  else console.table(await measureSameWeights(values.peers, values['same-voice'], texts))
}

async function measure(
  speaker: BenchSpeaker,
  texts: readonly string[],
  judge: Session,
  weights: string | null,
): Promise<Record<string, string | number>> {
  const folder = await mkdtemp(join(tmpdir(), 'timbre-bench-'))
  try {
    const { files, cpuSeconds, peakMb } = await speaker.speak(texts, folder)
    const heard = { errors: 0, words: 0 }
    const scores = { dnsmos_ovrl: 0, dnsmos_sig: 0, dnsmos_bak: 0 }
    let seconds = 0
    for (const [index, file] of files.entries()) {
      const samples = await readAudio(file, METRIC_RATE_HZ)
      seconds += samples.length / METRIC_RATE_HZ
      const score = await dnsmos(judge, samples)
      for (const key of Object.keys(scores) as (keyof typeof scores)[])
        scores[key] += score[key] / files.length
      if (weights === null) continue
      const { errors, words } = await errorsHeard(samples, texts[index]!, { weights, folder })
      heard.errors += errors
      heard.words += words
    }
    return {
      speaker: speaker.name,
      'word errors': weights === null ? '–' : `${((100 * heard.errors) / heard.words).toFixed(1)} %`,
      'DNSMOS overall': scores.dnsmos_ovrl.toFixed(2),
      signal: scores.dnsmos_sig.toFixed(2),
      background: scores.dnsmos_bak.toFixed(2),
      'seconds spoken': seconds.toFixed(1),
      'CPU s / s': (cpuSeconds / seconds).toFixed(4),
      'peak MB': Math.round(peakMb),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
