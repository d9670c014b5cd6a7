import { readFile } from 'node:fs/promises'

import { z } from 'zod'

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
const languagesSchema = z.record(z.string(), z.string())
const longestTokens = 400

/**
 * NLLB-200 (NLLB Team, "No Language Left Behind", 2022): one network for all pairs, told by tokens. Manifest option
 * `language_tokens` names them (`{"es": "spa_Latn"}`). The text begins with the token of its language, the translation
 * with the end token and the token of its own.
 */
export const nllbEngine: TranslatorEngine = {
  id: 'nllb',
  knows({ options }, source, target) {
    const tokens = languagesSchema.safeParse(options.language_tokens).data ?? {}
    return [source, target].every((tag) => primaryLanguage(tag) in tokens)
  },
  async load(files, runtime) {
    const config = configSchema.parse(JSON.parse(await readFile(files.path('config.json'), 'utf8')))
    const tokenizer = await loadTokenizer(files.path('tokenizer.json'), files.path('tokenizer_config.json'))
    const { decoder_attention_heads: heads, d_model: width, pad_token_id: pad, eos_token_id: end } = config
    const maxTokens = Math.min(longestTokens, config.max_position_embeddings)
    const network = await loadSequenceNetwork(files, runtime, heads, width / heads)
    const tokens = languagesSchema.parse(files.manifest.options.language_tokens)
    const tokenOf = (tag: string): number => {
      const id = tokenizer.idOf(tokens[primaryLanguage(tag)] ?? '')
      if (id !== undefined) return id
      throw new AppError('model_corrupt', { message: `The tokenizer has no token for the language ${tag}.` })
    }
    return {
      bytes: files.manifest.requirements.memoryMb * 1024 * 1024,
      async run({ text, source, target, beams }, { signal }) {
        const input = [tokenOf(source), ...tokenizer.encode(text).slice(0, maxTokens - 2), end]
        const output = await searchBest(network, input, {
          prefix: [config.decoder_start_token_id, tokenOf(target)],
          ...{ endToken: end, forbidden: [pad], beams, maxTokens, signal },
        })
        return tokenizer.decode(output).trim()
      },
      release: () => network.release(),
    }
  },
}
