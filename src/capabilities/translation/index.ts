import { z } from 'zod'

import type { CapabilityDefinition } from '../capability'

const languageTag = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'Give a language tag such as es or pt-BR.')

export const translationParameters = z.strictObject({
  source_language: languageTag.default('en').describe('Language of the text.'),
  target_language: languageTag.default('en').describe('Language to translate into.'),
  beams: z.int().min(1).max(12).default(4).describe('Translations that are followed at the same time.'),
})

export type TranslationParameters = z.output<typeof translationParameters>

const minuteMs = 60_000

/** Serves dubbing: translates every line of a text on its own, by whatever model or server knows the two languages. */
export const translation: CapabilityDefinition<TranslationParameters> = {
  id: 'translation',
  title: 'Translation',
  summary: 'Translates text line by line.',
  inputs: ['text'],
  outputs: ['data'],
  parameters: translationParameters,
  internal: true,
  limits: { maxInputBytes: 4_000_000, maxInputSeconds: 0, maxTextCharacters: 1_000_000 },
  deadlineMs: () => 60 * minuteMs,
  async loadHandler() {
    const { createTranslationHandler } = await import('./handler')
    const { translatorEngines } = await import('./engines')
    return createTranslationHandler(translatorEngines)
  },
}
