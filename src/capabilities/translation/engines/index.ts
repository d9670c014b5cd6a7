import type { TranslatorEngine } from '../translator'
import { marianEngine } from './marian'
import { nllbEngine } from './nllb'

/** Every engine that translates. A new one is a file and a line here. */
export const translatorEngines: readonly TranslatorEngine[] = [marianEngine, nllbEngine]
