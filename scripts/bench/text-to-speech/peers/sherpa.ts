import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

import { wavFile } from '../wav'
import type { BenchSpeaker } from '../speakers'

interface Speech {
  samples: Float32Array
  sampleRate: number
}

interface Library {
  OfflineTts: new (config: unknown) => {
    generate(request: { text: string; sid: number; speed: number }): Speech
  }
}

/** Named apart, so that nothing takes it for a package of ours. */
const packageName = 'sherpa-onnx-node'

/** Standard deviations of its noise, and frames a sign; what is left out is as the library has it. */
export interface SherpaScales {
  noiseScale: number
  noiseScaleW: number
  lengthScale: number
}

/** What stands in the way of a comparison: the package, or a voice of Piper in its packaging. */
export function sherpaMissing(peers: string, voice: string): string | null {
  if (!existsSync(join(peers, 'node_modules', packageName))) {
    return `no ${packageName} in ${peers || '--peers <folder>'}`
  }
  return existsSync(join(voice, 'tokens.txt'))
    ? null
    : `no voice in ${voice || 'the folder that is to name one'}`
}

/** The graph of a voice's folder. */
export function graphOf(voice: string): string {
  const file = readdirSync(voice).find((name) => name.endsWith('.onnx'))
  if (file === undefined) throw new Error(`${voice} holds no .onnx file`)
  return join(resolve(voice), file)
}

/**
 * sherpa-onnx on one thread with a Piper voice in its packaging (`<voice>.onnx`, `tokens.txt`, `espeak-ng-data`). Neither
 * is a dependency: install the package in a folder of its own, and unpack a voice of its release `tts-models`.
 */
export function openSherpa(peers: string, voice: string, scales?: SherpaScales): (text: string) => Speech {
  const require = createRequire(join(resolve(peers), 'package.json'))
  const { OfflineTts } = require(packageName) as Library
  const file = (name: string) => join(resolve(voice), name)
  const vits = {
    model: graphOf(voice),
    tokens: file('tokens.txt'),
    dataDir: file('espeak-ng-data'),
    ...scales,
  }
  // Pauses are left as the network speaks them.
  const tts = new OfflineTts({
    ...{ model: { vits, numThreads: 1, provider: 'cpu' }, maxNumSentences: 1, silenceScale: 1 },
  })
  return (text) => tts.generate({ text, sid: 0, speed: 1 })
}

export function sherpaSpeaker(peers: string, voice: string): BenchSpeaker {
  return {
    name: 'sherpa-onnx',
    missing: sherpaMissing(peers, voice),
    async speak(texts, folder) {
      const speak = openSherpa(peers, voice)
      const before = process.cpuUsage()
      const spoken = texts.map(speak)
      const { user, system } = process.cpuUsage(before)
      const files = await Promise.all(
        spoken.map(async ({ samples, sampleRate }, index) => {
          const path = join(folder, `${index}.wav`)
          await writeFile(path, wavFile(samples, sampleRate))
          return path
        }),
      )
      return { files, cpuSeconds: (user + system) / 1e6, peakMb: process.memoryUsage().rss / 2 ** 20 }
    },
  }
}
