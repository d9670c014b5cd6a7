import { parseArgs } from 'node:util'

import { readClips } from './clips'
import { measureKeywords, type KeywordRow } from './keywords'
import { openProduct } from './product'
import { measureSpeed, type SpeedRow } from './speed'

const usage = `npm run bench -- voice-editor [--recognizers <model>,…] [--judge <model>] [--minutes 10,60]

Mutes every longer word of the synthetic speech in test/fixtures/speech, whose words' times are known: found by the
true transcript, and by recognisers. The judge is the recogniser that listens whether the words are gone.`

/** How well words are found and taken away, and what it costs. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      recognizers: { type: 'string', default: 'timbre-listen-en' },
      judge: { type: 'string' },
      minutes: { type: 'string', default: '10,60' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const product = await openProduct()
  try {
    const clips = await readClips()
    const rows: KeywordRow[] = []
    for (const recognizer of [null, ...values.recognizers.split(',').filter(Boolean)]) {
      rows.push(await measureKeywords(product, clips, recognizer, values.judge ?? recognizer ?? undefined))
    }
    console.table(rows.map(keywordLine))
    const speeds: SpeedRow[] = []
    for (const minutes of values.minutes.split(',').filter(Boolean)) {
      speeds.push(await measureSpeed(product, Number(minutes)))
    }
    console.table(speeds.map(speedLine))
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
