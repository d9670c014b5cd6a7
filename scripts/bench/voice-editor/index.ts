import { parseArgs } from 'node:util'

import type { Transcript } from '../../../src/transcript/transcript'
import { pocketsphinxMissing } from '../speech-to-text/peers/pocketsphinx'
import { readClips, truthOf } from './clips'
import { measureKeywords, type Finder, type KeywordRow } from './keywords'
import { listenWithPocketsphinx } from './pocketsphinx'
import { openProduct } from './product'
import { measureSpeed, type SpeedRow } from './speed'

const usage = `npm run bench -- voice-editor [--recognizers <model>,…] [--weights <folder>] [--minutes 10,60]

Mutes every longer word of the synthetic speech in test/fixtures/speech, whose words' times are known: found by the
true transcript, by pocketsphinx, and by recognisers of ours. Pocketsphinx listens whether the words are gone; where it
is missing, the first of ours does.`

/** How well words are found and taken away, and what it costs. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      recognizers: { type: 'string', default: 'timbre-listen-en' },
      weights: { type: 'string', default: '../shared/weights' },
      minutes: { type: 'string', default: '10,60' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const product = await openProduct()
  try {
    const clips = await readClips()
    const recognizers = values.recognizers.split(',').filter(Boolean)
    const missing = await pocketsphinxMissing(values.weights)
    if (missing) console.log(`pocketsphinx: ${missing}`)
    const sphinx = (path: string) => listenWithPocketsphinx(path, values.weights, product.ffmpeg)
    const heard = new Map<string, Promise<Transcript>>()
    const judge = missing ? (path: string) => product.recognise(path, recognizers[0]) : sphinx
    const listen = (path: string) => {
      const hearing = heard.get(path) ?? judge(path)
      heard.set(path, hearing)
      return hearing
    }
    const finders: Finder[] = [
      { name: 'the true transcript', how: (clip) => Promise.resolve({ transcript: truthOf(clip) }) },
      ...(missing
        ? []
        : [
            {
              name: 'pocketsphinx',
              how: async ({ path }: { path: string }) => ({ transcript: await listen(path) }),
            },
          ]),
      ...recognizers.map((recognizer) => ({
        name: recognizer,
        how: () => Promise.resolve({ recognizer, language: 'en' }),
      })),
    ]
    const rows: KeywordRow[] = []
    for (const finder of finders) rows.push(await measureKeywords(product, clips, finder, listen))
    console.table(rows.map(keywordLine))
    const speeds: SpeedRow[] = []
    for (const minutes of values.minutes.split(',').filter(Boolean)) {
      speeds.push(await measureSpeed(product, Number(minutes)))
    }
    if (speeds.length > 0) console.table(speeds.map(speedLine))
  } finally {
    await product.close()
  }
}

function keywordLine(row: KeywordRow) {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  return {
    'found by': row.foundBy,
    keywords: row.occurrences,
    recall: percent(row.recall),
    precision: percent(row.precision),
    'error ms (median, 95 %)': `${row.medianErrorMs.toFixed(0)}, ${row.p95ErrorMs.toFixed(0)}`,
    'loudest dBFS': row.worstPeakDb.toFixed(1),
    'recognised before → after': `${row.recognisedBefore} → ${row.recognisedAfter}`,
  }
}

function speedLine({ minutes, edits, secondsPerSecond, peakMb }: SpeedRow) {
  return {
    ...{ minutes, cuts: edits },
    's / s of sound': secondsPerSecond.toFixed(4),
    'peak MB': Math.round(peakMb),
  }
}
