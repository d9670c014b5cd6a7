import { readFile } from 'node:fs/promises'
import { Tokenizer } from '@huggingface/tokenizers'

import { AppError } from '../platform/errors'

/** Text to token ids and back, by a published `tokenizer.json`. */
export interface TextTokenizer {
  /** Ids of a text. No special tokens are added, and what spells one in the text is left out. */
  encode(text: string): number[]
  /** Text of ids, special tokens left out. Bytes that are no whole UTF-8 character come as U+FFFD. */
  decode(ids: readonly number[]): string
  /** Id of a token by its exact spelling, special ones too. */
  idOf(token: string): number | undefined
  /** Spelling of every added token (special ones, timestamps, languages) by id. */
  addedTokens: ReadonlyMap<number, string>
}

/**
 * Loads a tokenizer: the only door to the tokenizers package.
 *
 * @param tokenizerFile Path of `tokenizer.json`.
 * @param configFile Path of `tokenizer_config.json`.
 * @throws AppError `model_corrupt` where the files are no tokenizer.
 */
export async function loadTokenizer(tokenizerFile: string, configFile: string): Promise<TextTokenizer> {
  const tokenizer = await openTokenizer(tokenizerFile, configFile)
  const addedTokens = new Map<number, string>()
  for (const [id, token] of tokenizer.get_added_tokens_decoder()) addedTokens.set(id, token.content)
  return {
    encode: (text) =>
      tokenizer.encode(text, { add_special_tokens: false }).ids.filter((id) => !addedTokens.has(id)),
    decode(ids) {
      const ordinary = ids.filter((id) => !addedTokens.has(id))
      if (ordinary.length === 0) return ''
      return tokenizer.decode(ordinary, { skip_special_tokens: false, clean_up_tokenization_spaces: false })
    },
    idOf: (token) => tokenizer.token_to_id(token),
    addedTokens,
  }
}

async function openTokenizer(tokenizerFile: string, configFile: string): Promise<Tokenizer> {
  try {
    const [tokenizer, config] = await Promise.all(
      [tokenizerFile, configFile].map(async (file) => JSON.parse(await readFile(file, 'utf8')) as object),
    )
    return new Tokenizer(tokenizer!, config!)
  } catch (cause) {
    throw new AppError('model_corrupt', { message: 'The model’s tokenizer could not be read.', cause })
  }
}
