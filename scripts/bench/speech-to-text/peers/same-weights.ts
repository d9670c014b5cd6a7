import { dirname } from 'node:path'
import type { ModelEntry } from '../../../../src/inference'
import { readAudio } from '../../noise-removal/audio'
import type { Clip } from '../clips'
import type { PeerClip } from './pocketsphinx'
import { openSherpa, type SherpaKind } from './sherpa'
import { transcribeWithTransformers } from './transformers'

const rateHz = 16_000
const sherpaKinds: readonly string[] = ['nemo-ctc', 'nemo-transducer', 'vosk'] satisfies SherpaKind[]

export interface Peer {
  name: string
  transcribe(clip: Clip): Promise<PeerClip>
}

/**
 * Another program that runs the weights of an installed model, where there is one.
 * @param peers Folder whose `node_modules` holds `@huggingface/transformers` and `sherpa-onnx-node`.
 */
export function peerOf({ manifest, files }: ModelEntry, peers: string): Peer | null {
  const { engine } = manifest
  if (engine === 'whisper') {
    const folder = dirname(files.path('config.json'))
    return {
      name: 'transformers.js',
      transcribe: async ({ path, language }) =>
        transcribeWithTransformers(folder, await readAudio(path, rateHz), { peers, language }),
    }
  }
  if (!sherpaKinds.includes(engine)) return null
  const named = manifest.options as Record<string, string>
  const folder = dirname(files.path(manifest.files[0]!.path))
  const transcribe = openSherpa(engine as SherpaKind, folder, { peers, files: named })
  return {
    name: 'sherpa-onnx',
    transcribe: async ({ path }) => transcribe(await readAudio(path, rateHz)),
  }
}
