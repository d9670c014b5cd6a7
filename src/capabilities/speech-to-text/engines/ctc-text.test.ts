import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Manifest } from '../../../inference/manifest'
import { emissionsFromLogits } from '../decoding/emissions'
import { createPace } from '../decoding/pacing'
import { ctcOptionsSchema } from './ctc-options'
import { loadCtcText } from './ctc-text'

const tokens = ['<blk>', 'B', 'T', 'AE', 'EH']

/** What is heard where “bat” and “bet” sound nearly alike and only “bat” is in the lexicon. */
async function hear(unigrams: readonly string[], boost: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'timbre-test-'))
  const arpa = ['\\data\\', `ngram 1=${unigrams.length}`, '', '\\1-grams:', ...unigrams, '', '\\end\\', '']
  const contents = {
    'tokens.txt': tokens.join('\n'),
    'lexicon.txt': 'bat B AE T\n',
    'lm.arpa': arpa.join('\n'),
  }
  for (const [file, content] of Object.entries(contents)) writeFileSync(join(folder, file), content)
  const options = ctcOptionsSchema.parse({
    ...{ blank: '<blk>', word_boundary: null, lexicon: 'lexicon.txt', lm: 'lm.arpa' },
    keyterm_boost: boost,
  })
  const model = { manifest: { options } as unknown as Manifest, path: (file: string) => join(folder, file) }
  const text = await loadCtcText(model, options)
  const logits = [
    [0, 9, 0, 0, 0],
    [0, 0, 0, 9, 8.8],
    [0, 0, 9, 0, 0],
  ].flat()
  const emissions = emissionsFromLogits(Float32Array.from(logits), 3, tokens.length)
  const words = await text.decode(emissions, ['Bet'], createPace(new AbortController().signal))
  return words.map((word) => word.text).join(' ')
}

describe('a keyterm that the language model does not know', () => {
  const known = ['-99 <s>', '-1 </s>', '-2 bat', '-4 rare']

  it.each([
    ['takes unknown words for likely', [...known, '-0.1 <unk>']],
    ['takes them for impossible', known],
  ])('counts as a rare word where the model %s', async (_, unigrams) => {
    expect(await hear(unigrams, 0)).toBe('bat')
    expect(await hear(unigrams, 1.5)).toBe('Bet')
  })
})
