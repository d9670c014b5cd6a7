import { describe, expect, it } from 'vitest'

import { askedJob } from '../../../test/fixtures/asked-job'
import { testManifest } from '../../../test/fixtures/model-folder'
import { textToSpeechParameters } from './index'
import { speechProblems } from './speech-problems'

const model = testManifest({
  ...{ id: 'duo', capability: 'text-to-speech' },
  options: {
    voices: [
      { id: 'ann', name: 'Ann', language: 'en-GB' },
      { id: 'iva', name: 'Iva', language: 'ru-RU' },
    ],
  },
})
const hifi = testManifest({ id: 'hifi', capability: 'vocoder' })

function problems(parameters: object, text: string | null = null, voices = ['preset', 'mine']) {
  const asked = textToSpeechParameters.parse(parameters)
  return speechProblems(asked, askedJob(model, { text, voices, others: [hifi] }))
}

describe('a job is refused', () => {
  it.each([
    [{ voice_id: 'nobody' }, 'voice_id', /no voice “nobody”.*ann, iva/],
    [{ language: 'fr' }, 'language', /speaks en-GB, not fr/],
    [{ voice_id: 'ann', language: 'ru' }, 'language', /speaks en-GB, not ru/],
    [{ voice_id: 'mine', language: 'hi-IN' }, 'language', /choose another model for hi-IN/],
    [{ vocoder: 'griffin' }, 'vocoder', /no vocoder model “griffin”/],
  ])('with %j', (parameters, path, message) => {
    expect(problems(parameters, 'Hello')).toEqual([
      { path, message: expect.stringMatching(message) as string },
    ])
    expect(problems(parameters)).toHaveLength(1)
  })

  it.each([
    ['🎉🎊', {}],
    ['… !', {}],
    ['[pause:2s]', {}],
    ['Привет', {}],
    ['<speak/>', { ssml: true }],
    ['<speak>Hello', { ssml: true }],
    ['Hello', { ssml: true }],
    ['<speak><blink>Hello</blink></speak>', { ssml: true }],
  ])('with the text %j', (text, parameters) => {
    expect(problems(parameters, text)).toMatchObject([{ path: 'input_data' }])
  })
})

describe('a job is taken', () => {
  it.each([
    {},
    { voice_id: 'ann', language: 'en-US' },
    { voice_id: 'preset' },
    { voice_id: 'mine', language: 'ru' },
    { language: 'ru' },
    { vocoder: 'hifi' },
  ])('with %j', (parameters) => {
    expect(problems(parameters)).toEqual([])
    expect(problems(parameters, 'Hello')).toEqual([])
  })

  it.each([
    ['Привет', { language: 'ru' }],
    ['Привет', { voice_id: 'iva' }],
    ['🎉', { dictionary_id: 'signs' }],
    ['<speak>Hello</speak>', { ssml: true }],
    ['<not> markup', {}],
  ])('with the text %j', (text, parameters) => {
    expect(problems(parameters, text)).toEqual([])
  })
})
