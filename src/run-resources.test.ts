import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDefaultRegistry } from './capabilities'
import { openInput, openResources, parseNamedFiles } from './run-resources'

let folder: string
const file = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-resources-'))
  await writeFile(file('anna.wav'), 'a sample')
  await writeFile(file('words.json'), JSON.stringify([{ written: 'Timbre', spoken: 'ˈtæmbəɹ' }]))
  await writeFile(file('broken.json'), '{"Timbre": "tamber"}')
  await writeFile(file('letter.txt'), 'Dear reader,')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('resources of a command line', () => {
  it('are voices by their samples and dictionaries by their entries', async () => {
    const voices = parseNamedFiles([`anna=${file('anna.wav')}`])
    const dictionaries = parseNamedFiles([`mine=${file('words.json')}`])
    if (!('files' in voices && 'files' in dictionaries)) throw new Error('not parsed')
    expect(await openResources({ voices: voices.files, dictionaries: dictionaries.files })).toEqual({
      voices: { anna: { id: 'anna', name: 'anna', samplePath: file('anna.wav'), profile: null } },
      dictionaries: { mine: [{ written: 'Timbre', spoken: 'ˈtæmbəɹ', alphabet: 'ipa' }] },
    })
  })

  it('say what is wrong with them', async () => {
    expect(parseNamedFiles(['anna'])).toMatchObject({
      problem: expect.stringContaining('<name>=<file>') as string,
    })
    const dictionaries = new Map([['mine', file('broken.json')]])
    await expect(openResources({ voices: new Map(), dictionaries })).rejects.toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringContaining('broken.json') as string,
    })
  })
})

describe('the input of a command line', () => {
  const registry = createDefaultRegistry()
  const speaker = {
    ...registry.get('noise-removal'),
    inputs: ['audio', 'text'] as const,
    limits: { maxInputBytes: 0, maxInputSeconds: 0, maxTextCharacters: 12 },
  }

  it('is a text by its extension, where the capability takes texts', async () => {
    expect(await openInput(speaker, { path: file('letter.txt') })).toEqual({
      kind: 'text',
      text: 'Dear reader,',
    })
    expect(await openInput(speaker, { path: file('anna.wav') })).toMatchObject({ kind: 'audio' })
    expect(await openInput(registry.get('noise-removal'), { path: file('letter.txt') })).toMatchObject({
      kind: 'audio',
    })
    expect(await openInput(speaker, { text: 'Hello' })).toEqual({ kind: 'text', text: 'Hello' })
    await expect(openInput(speaker, { text: 'Hello, reader!' })).rejects.toMatchObject({
      code: 'text_too_long',
    })
  })
})
