import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { testManifest } from '../../../../test/fixtures/model-folder'
import type { Runtime, Session, Tensor } from '../../../inference/runtime'
import { nllbEngine } from './nllb'

/* A network that writes down what it is asked, and answers “hola amiga” whatever that is. */

const special = ['<s>', '<pad>', '</s>', '<unk>', 'eng_Latn', 'spa_Latn']
const words = ['▁good', '▁friend', '▁hola', '▁amiga']
const ids = Object.fromEntries([...special, ...words].map((token, id) => [token, id]))
const end = ids['</s>']!
const answer = [ids['▁hola']!, ids['▁amiga']!, end]
const config = {
  ...{ decoder_start_token_id: end, eos_token_id: end, pad_token_id: ids['<pad>'] },
  ...{ decoder_attention_heads: 1, d_model: 2, max_position_embeddings: 64 },
}
const tokenizer = {
  ...{ version: '1.0', truncation: null, padding: null, normalizer: null, post_processor: null },
  added_tokens: special.map((content, id) => ({
    ...{ id, content, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false },
  })),
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
  decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
  model: { type: 'Unigram', unk_id: ids['<unk>'], vocab: Object.keys(ids).map((token) => [token, -1]) },
}
const languages = { en: 'eng_Latn', es: 'spa_Latn', hi: 'hin_Deva' }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-nllb-'))
  const files = { 'config.json': config, 'tokenizer.json': tokenizer, 'tokenizer_config.json': {} }
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), JSON.stringify(content))
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function listening() {
  const asked = { encoder: [] as number[], decoder: [] as number[] }
  const numbers = ({ data }: Tensor) => Array.from(data as BigInt64Array, Number)
  const encode: Session['run'] = ({ input_ids: input }) => {
    asked.encoder.push(...numbers(input!))
    return Promise.resolve({ last_hidden_state: { data: new Float32Array(2), dims: [1, 1, 2] } })
  }
  const decode: Session['run'] = (feeds) => {
    const tokens = numbers(feeds.input_ids!)
    asked.decoder.push(...tokens)
    const said = feeds['past_key_values.0.decoder.key']!.data.length + tokens.length
    const logits = new Float32Array(tokens.length * special.concat(words).length).fill(-9)
    // Two tokens are given: the start and the language.
    logits[logits.length - words.length - special.length + answer[said - 2]!] = 9
    const state = { data: new Float32Array(said), dims: [1, 1, said, 1] }
    return Promise.resolve({
      logits: { data: logits, dims: [1, tokens.length, logits.length / tokens.length] },
      ...{ 'present.0.decoder.key': state, 'present.0.encoder.key': state },
    })
  }
  const sessions: Session['run'][] = [encode, decode]
  const names = {
    ...{ provider: 'cpu', outputNames: ['logits', 'present.0.decoder.key', 'present.0.encoder.key'] },
    inputNames: ['input_ids', 'encoder_hidden_states', 'encoder_attention_mask', 'use_cache_branch'],
  }
  const runtime: Runtime = {
    createSession: () =>
      Promise.resolve({ ...names, run: sessions.shift()!, release: () => Promise.resolve() }),
  }
  return { asked, runtime }
}

async function translate(text: string, source: string, target: string) {
  const { asked, runtime } = listening()
  const manifest = testManifest({ capability: 'translation', options: { language_tokens: languages } })
  const model = await nllbEngine.load({ manifest, path: (file) => join(folder, file) }, runtime)
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined }
  const job = { signal: new AbortController().signal, seed: 0, progress: () => undefined, log }
  return { said: await model.run({ text, source, target, beams: 1 }, job), asked }
}

it('texts begin with their language and end with the end, translations with the end and their own', async () => {
  const { said, asked } = await translate('good friend', 'en-GB', 'es-MX')
  expect(said).toBe('hola amiga')
  expect(asked.encoder).toEqual([ids.eng_Latn, ids['▁good'], ids['▁friend'], end])
  expect(asked.decoder).toEqual([end, ids.spa_Latn, ids['▁hola'], ids['▁amiga']])
})

it('a language whose token the tokenizer lacks is a fault of the files', async () => {
  await expect(translate('good', 'en', 'hi')).rejects.toMatchObject({ code: 'model_corrupt' })
})
