import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { letterToSoundEngine } from '../../../src/capabilities/text-to-speech/engines'
import { vitsEngine } from '../../../src/capabilities/text-to-speech/engines/vits'
import { piecesOf } from '../../../src/capabilities/text-to-speech/pieces'
import { voiceOptionsOf } from '../../../src/capabilities/text-to-speech/voice-model'
import { loadConfig } from '../../../src/config'
import { createModelStore } from '../../../src/inference'
import type { JobContext } from '../../../src/inference/engine'
import { createOrtRuntime } from '../../../src/inference/ort-runtime'
import { createTextFrontEnd } from '../../../src/text/front-end'
import { loadEnglishLexicon } from '../../../src/text/pronunciation/lexicon'
import { graphOf, openSherpa } from './peers/sherpa'

const rounds = 5
const quiet = () => undefined
const job: JobContext = {
  ...{ signal: new AbortController().signal, seed: 1, progress: quiet },
  log: { debug: quiet, info: quiet, warn: quiet },
}

/** Gives the seconds that were spoken. */
type Speak = (text: string) => Promise<number> | number

/**
 * Text to sound by the product's engine for Piper's voices and by sherpa-onnx, front ends included, with the same
 * network on one thread each: in turns, and of each the round that took the least CPU time.
 *
 * @param voice Folder of a Piper voice as sherpa-onnx packs it, with Piper's own `.onnx.json`.
 */
export async function measureSameWeights(peers: string, voice: string, texts: readonly string[]) {
  const graph = graphOf(voice)
  const config = JSON.parse(await readFile(`${graph}.json`, 'utf8')) as {
    inference: { noise_scale: number; length_scale: number; noise_w: number }
  }
  const { noise_scale, length_scale, noise_w } = config.inference
  // It takes a scale of zero for one that is not given.
  const peer = openSherpa(peers, voice, {
    ...{ noiseScale: noise_scale || 1e-9, noiseScaleW: noise_w || 1e-9, lengthScale: length_scale },
  })
  const speakers: Record<string, Speak> = {
    timbre: await openProduct(graph),
    'sherpa-onnx': (text) => {
      const { samples, sampleRate } = peer(text)
      return samples.length / sampleRate
    },
  }
  for (const speak of Object.values(speakers)) await speak(texts[0]!)
  const best = new Map<string, { factor: number; seconds: number }>()
  for (let round = 0; round < rounds; round++) {
    for (const [name, speak] of Object.entries(speakers)) {
      const before = process.cpuUsage()
      let seconds = 0
      for (const text of texts) seconds += await speak(text)
      const { user, system } = process.cpuUsage(before)
      const factor = (user + system) / 1e6 / seconds
      if (factor < (best.get(name)?.factor ?? Infinity)) best.set(name, { factor, seconds })
    }
  }
  const least = best.get('sherpa-onnx')!.factor
  return [...best].map(([name, { factor, seconds }]) => ({
    'same weights': name,
    'seconds spoken': seconds.toFixed(1),
    'CPU s / s': factor.toFixed(4),
    'beside sherpa-onnx': (factor / least).toFixed(3),
  }))
}

async function openProduct(graph: string): Promise<Speak> {
  const { rootDir, dataDir } = loadConfig()
  const runtime = createOrtRuntime({ providers: ['cpu'] })
  const store = await createModelStore({ modelsDir: join(rootDir, 'models'), dataDir })
  const { manifest } = store.get('piper-lessac')
  const files = [basename(graph), `${basename(graph)}.json`].map((path) => ({ path }))
  const path = (file: string) => join(dirname(graph), file)
  const network = await vitsEngine.load({ manifest: { ...manifest, files }, path }, runtime)
  const pronunciation = await letterToSoundEngine.load(store.get('timbre-pronunciation-en').files, runtime)
  const frontEnd = createTextFrontEnd({
    lexicon: await loadEnglishLexicon(),
    letterToSound: async (word) => (await pronunciation.run({ word }, job)).phones,
  })
  const [voice] = voiceOptionsOf(manifest).voices
  return async (text) => {
    let seconds = 0
    for await (const utterance of frontEnd.analyse(text)) {
      for (const { words } of piecesOf(utterance)) {
        const { sound } = await network.run({ words, voice: voice!, rate: 1, seed: 1 }, job)
        if (sound.kind === 'samples') seconds += sound.samples.length / manifest.sampleRateHz
      }
    }
    return seconds
  }
}
