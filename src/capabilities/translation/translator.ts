import type { Engine } from '../../inference/engine'
import type { Manifest } from '../../inference/manifest'

export interface TranslatorInput {
  text: string
  /** BCP 47 tags. */
  source: string
  target: string
  /** 1 = greedy search. */
  beams: number
}

/** A network that translates one sentence or short text at a time. */
export interface TranslatorEngine extends Engine<TranslatorInput, string> {
  /** Whether a model of this engine translates between two languages. Looks at the manifest only. */
  knows(manifest: Manifest, source: string, target: string): boolean
}

/** `pt-BR` → `pt`. */
export function primaryLanguage(tag: string): string {
  return tag.toLowerCase().split('-')[0]!
}
