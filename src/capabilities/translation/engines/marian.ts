import { readFile } from 'node:fs/promises'

import { z } from 'zod'

import type { ModelFiles } from '../../../inference/engine'
import { loadTokenizer } from '../../../inference/tokenizer'
import { AppError } from '../../../platform/errors'
import { primaryLanguage, type TranslatorEngine } from '../translator'
import { searchBest } from './beam-search'
import { loadSequenceNetwork } from './sequence-network'

const configSchema = z.object({
  decoder_start_token_id: z.int(),
  eos_token_id: z.int(),
  pad_token_id: z.int(),
  decoder_attention_heads: z.int().positive(),
  d_model: z.int().positive(),
  max_position_embeddings: z.int().positive(),
})
/** Sentences of the training data were not longer. */
const longestTokens = 512

/**
 * Marian (Junczys-Dowmunt et al., "Marian: Fast Neural Machine Translation in C++", 2018) with the OPUS-MT weights, in
 * the layout of the `Xenova/opus-mt-*` repositories. Manifest options: `source` and `target` languages; where a model
 * knows several targets, `target_tokens` names the token of each (`{"es": ">>spa<<"}`).
 */
export const marianEngine: TranslatorEngine = {
  id: 'marian',
  knows({ options }, source, target) {
    const tokens = options.target_tokens as Record<string, string> | undefined
    const targets = tokens ? Object.keys(tokens) : [options.target]
    return options.source === primaryLanguage(source) && targets.includes(primaryLanguage(target))
  },
  async load(files, runtime) {
    const config = await readConfig(files)
    const tokenizer = await loadTokenizer(files.path('tokenizer.json'), files.path('tokenizer_config.json'))
    const { decoder_attention_heads: heads, d_model: width, pad_token_id: pad, eos_token_id: end } = config
    const maxTokens = Math.min(longestTokens, config.max_position_embeddings)
    const network = await loadSequenceNetwork(files, runtime, heads, width / heads)
    const tokens = files.manifest.options.target_tokens as Record<string, string> | undefined
    return {
      bytes: files.manifest.requirements.memoryMb * 1024 * 1024,
      async run({ text, target, beams }, { signal }) {
        const spelling = tokens?.[primaryLanguage(target)]
        const language = spelling === undefined ? undefined : tokenizer.idOf(spelling)
        const words = tokenizer.encode(text).slice(0, maxTokens - 2)
        const input = [...(language === undefined ? [] : [language]), ...words, end]
        const output = await searchBest(network, input, {
          ...{ prefix: [config.decoder_start_token_id], endToken: end, forbidden: [pad] },
          ...{ beams, maxTokens, signal },
        })
        return tokenizer.decode(output).trim()
      },
      release: () => network.release(),
    }
  },
}

async function readConfig(files: ModelFiles) {
  const parsed = configSchema.safeParse(JSON.parse(await readFile(files.path('config.json'), 'utf8')))
  if (parsed.success) return parsed.data
  throw new AppError('model_corrupt', {
    message: 'The translator’s config.json misses values.',
    cause: parsed.error,
  })
}
