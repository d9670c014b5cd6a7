import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sileroVadEngine } from '../../../src/capabilities/speech-to-text/engines/silero-vad'
import { speakerEmbeddingEngine } from '../../../src/capabilities/speech-to-text/engines/speaker-embedding'
import { timbreVadEngine } from '../../../src/capabilities/speech-to-text/engines/timbre-vad'
import { read } from './clips'
import { detectionSets, measureDetection, type DetectionRow, type Detector } from './detection'
import { conversations, measureDiarisation, type DiarisationRow } from './diarisation'
import { measureEndurance, type EnduranceRow } from './endurance'
import { openModel } from './models'
import { measureSpeakers, type Embedder, type SpeakerRow } from './speakers'
import { measureSpeed, type SpeedRow } from './speed'

const USAGE = `npm run bench -- voice-activity [--eval <folder>] [--weights <folder>]
                               [--only detection,speed,endurance,speakers,diarisation] [--json <file>]`

const DETECTORS = { 'timbre-vad': 'timbre-vad', 'Silero, our engine': 'silero-vad' }
const EMBEDDERS = {
  'timbre-speaker': 'timbre-speaker',
  'WeSpeaker ResNet34': 'wespeaker-resnet34',
  '3D-Speaker CAM++': '3dspeaker-campplus',
}

interface Result {
  detection: DetectionRow[]
  speed: SpeedRow[]
  endurance: EnduranceRow[]
  speakers: SpeakerRow[]
  diarisation: DiarisationRow[]
}

/** How well and how fast voices are found and told apart. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      eval: { type: 'string', default: '../shared/audio/eval' },
      weights: { type: 'string', default: '../shared/weights' },
      only: { type: 'string', default: 'detection,speed,endurance,speakers,diarisation' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(USAGE)
  if (!existsSync(values.eval)) throw new Error(`There is no folder ${values.eval}; give --eval <folder>.`)
  const parts = values.only.split(',')
  const detectors = await openAll<Detector>(DETECTORS, (id) =>
    openModel('voice-activity', id, [timbreVadEngine, sileroVadEngine], values.weights),
  )
  const embedders = await openAll<Embedder>(EMBEDDERS, (id) =>
    openModel('speaker-embedding', id, [speakerEmbeddingEngine], values.weights),
  )
  const result: Result = { detection: [], speed: [], endurance: [], speakers: [], diarisation: [] }

  if (parts.includes('detection')) {
    result.detection = await measureDetection(await detectionSets(values.eval), detectors)
    console.table(result.detection.map(detectionLine))
  }
  const clip = await read(join(values.eval, 'mixes'), 'mix22_2033-164914-0004_snr10_noisy.flac')
  if (parts.includes('speed')) {
    const published = join(values.weights, 'vad/silero/silero_vad_16k_op15.onnx')
    result.speed = await measureSpeed(clip, detectors, published)
    console.table(result.speed.map(speedLine))
  }
  if (parts.includes('endurance')) {
    result.endurance = await measureEndurance(clip, detectors)
    console.table(result.endurance.map(enduranceLine))
  }
  if (parts.includes('speakers')) {
    result.speakers = await measureSpeakers(values.eval, embedders)
    console.table(result.speakers.map(speakerLine))
  }
  const detector = Object.values(detectors)[0]
  if (parts.includes('diarisation') && detector) {
    const talks = await conversations(values.eval)
    for (const [name, embedder] of Object.entries(embedders)) {
      result.diarisation.push(...(await measureDiarisation(talks, detector, name, embedder)))
    }
    console.table(result.diarisation.map(diarisationLine))
  }
  if (values.json) await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`)
}

async function openAll<Model>(ids: Record<string, string>, open: (id: string) => Promise<Model | string>) {
  const opened: Record<string, Model> = {}
  for (const [name, id] of Object.entries(ids)) {
    const model = await open(id)
    if (typeof model === 'string') console.log(`${name}: ${model}`)
    else opened[name] = model
  }
  return opened
}

const percent = (share: number | null) => (share === null ? '' : `${(100 * share).toFixed(1)} %`)

function detectionLine({ testSet, detector, minutes, auc, f1, missed, falseAlarms }: DetectionRow) {
  return {
    'test set': `${testSet} (${minutes.toFixed(1)} min)`,
    detector,
    AUC: auc?.toFixed(4) ?? '',
    F1: f1?.toFixed(3) ?? '',
    missed: percent(missed),
    'false alarms': percent(falseAlarms),
  }
}

function speedLine({ detector, realTimeFactor, ratio }: SpeedRow) {
  return { detector, 'CPU s / s': realTimeFactor.toFixed(5), 'of frame by frame': ratio?.toFixed(3) ?? '' }
}

function enduranceLine({ detector, input, hours, windows, cpuSeconds, memoryMb }: EnduranceRow) {
  const [early, late] = memoryMb
  return {
    ...{ detector, input: `${hours} h of ${input}`, windows },
    'CPU s': cpuSeconds.toFixed(1),
    'MB after 10 min': early,
    'MB at the end': late,
  }
}

function speakerLine({ testSet, model, seconds, pairs, equalErrorRate, threshold }: SpeakerRow) {
  return {
    ...{ 'test set': testSet, model, 'seconds a side': seconds, pairs },
    'equal error rate': percent(equalErrorRate),
    'at cosine': threshold.toFixed(3),
  }
}

function diarisationLine(row: DiarisationRow) {
  return {
    model: row.model,
    'number of speakers': row.told ? 'told' : `found in ${row.countFound} of ${row.conversations}`,
    'error rate': percent(row.errorRate),
    missed: percent(row.missed),
    'false alarm': percent(row.falseAlarm),
    confusion: percent(row.confusion),
  }
}
