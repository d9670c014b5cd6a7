import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

import { wavFile } from '../wav'
import type { BenchSpeaker } from '../speakers'

interface Library {
  OfflineTts: new (config: unknown) => {
    generate(request: { text: string; sid: number; speed: number }): {
      samples: Float32Array
      sampleRate: number
    }
  }
}

/** Named apart, so that nothing takes it for a package of ours. */
const packageName = 'sherpa-onnx-node'

/**
 * sherpa-onnx with a Piper voice in its packaging (`model.onnx`, `tokens.txt`, `espeak-ng-data`). Neither is a
 * dependency: install the package in a folder of its own, and unpack a voice of its release `tts-models`.
 */
export function sherpaSpeaker(peers: string, voice: string): BenchSpeaker {
  const installed = existsSync(join(peers, 'node_modules', packageName))
  const missing = !installed
    ? `no ${packageName} in ${peers || '--peers <folder>'}`
    : existsSync(join(voice, 'tokens.txt'))
      ? null
      : `no voice in ${voice || '--sherpa-voice <folder>'}`
  return {
    name: 'sherpa-onnx',
    missing,
    async speak(texts, folder) {
      const require = createRequire(join(resolve(peers), 'package.json'))
      const { OfflineTts } = require(packageName) as Library
      const file = (name: string) => join(resolve(voice), name)
      const vits = { model: file('model.onnx'), tokens: file('tokens.txt'), dataDir: file('espeak-ng-data') }
      const tts = new OfflineTts({ model: { vits, numThreads: 1, provider: 'cpu' }, maxNumSentences: 1 })
      const before = process.cpuUsage()
      const spoken = texts.map((text) => tts.generate({ text, sid: 0, speed: 1 }))
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
