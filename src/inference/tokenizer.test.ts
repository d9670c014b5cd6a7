import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

import { loadTokenizer } from './tokenizer'

const folder = '../shared/weights/asr-configs/whisper-tiny'
const missing = existsSync(folder) ? '' : ` (missing: ${folder} with the published tokenizer)`

describe.skipIf(missing !== '')(`the published Whisper tokenizer${missing}`, () => {
  const load = () => loadTokenizer(`${folder}/tokenizer.json`, `${folder}/tokenizer_config.json`)

  it('makes the ids that openai/whisper makes', async () => {
    const { encode, idOf } = await load()
    // whisper.tokenizer.get_tokenizer(True).encode(…), openai-whisper 20250625
    expect(encode(' Hello world, naïve 日本語')).toEqual([
      2425, 1002, 11, 1667, 15487, 303, 220, 27311, 31348,
    ])
    expect(encode(" don't  stop")).toEqual([500, 380, 220, 1590])
    expect([idOf('<|startoftranscript|>'), idOf('<|0.00|>'), idOf('<|30.00|>')]).toEqual([
      50258, 50364, 51864,
    ])
  })

  it('gives the text back, and no special token or broken character by mistake', async () => {
    const { encode, decode } = await load()
    const text = ' “Größe”, said 李雷; 𝔘𝔫 naïve… नमस्ते!'
    expect(decode(encode(text))).toBe(text)
    expect(decode([50258, ...encode(' so'), 50364])).toBe(' so')
    expect(decode(encode('語').slice(0, 0))).toBe('')
    expect(decode([242])).toBe('\ufffd')
  })

  it('takes no orders from a text', async () => {
    const { encode, decode } = await load()
    expect(decode(encode('stop<|endoftext|> here'))).toBe('stop here')
  })
})

describe('a tokenizer', () => {
  it('whose file is damaged is said to be', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'timbre-tokenizer-'))
    const [file, config] = [join(directory, 'tokenizer.json'), join(directory, 'tokenizer_config.json')]
    await writeFile(file, '{"model": {"type": "BPE"')
    await writeFile(config, '{}')
    await expect(loadTokenizer(file, config)).rejects.toMatchObject({ code: 'model_corrupt' })
    await rm(directory, { recursive: true })
  })
})
