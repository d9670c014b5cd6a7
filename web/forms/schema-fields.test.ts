import { describe, expect, it } from 'vitest'
import type { ParameterSchema } from '~/api/types'
import { describeFields, initialValues, shownFields, toParameters } from './schema-fields'

const schema: ParameterSchema = {
  type: 'object',
  required: ['mode'],
  properties: {
    strength: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.8,
      title: 'Strength',
      description: 'How much',
    },
    pitch: { type: 'number', minimum: -12, maximum: 12, default: 0 },
    seed: { type: 'integer', minimum: 0, maximum: 9007199254740991 },
    output: { type: 'string', enum: ['clean', 'residue'], default: 'clean' },
    mode: { oneOf: [{ const: 'fast', title: 'Quick', description: 'Lower quality' }, { const: 'best' }] },
    loop: { type: 'boolean', default: true },
    fillers: { anyOf: [{ type: 'boolean' }, { type: 'array', items: { type: 'string' } }], default: false },
    prompt: { type: 'string', maxLength: 500 },
    voice: { anyOf: [{ type: 'string' }, { type: 'null' }], title: 'Voice' },
    ranges: { type: 'array' },
  },
}

describe('describeFields', () => {
  const fields = describeFields(schema)
  const field = (name: string) => fields.find((candidate) => candidate.name === name)

  it('chooses a control for every kind of property, in order', () => {
    expect(fields.map(({ name, kind }) => `${name}:${kind}`)).toEqual([
      'strength:range',
      'pitch:range',
      'seed:number',
      'output:choice',
      'mode:choice',
      'loop:switch',
      'fillers:switch',
      'prompt:text',
      'voice:text',
    ])
  })

  it('takes words from the schema and makes readable ones where it has none', () => {
    expect(field('strength')).toMatchObject({
      label: 'Strength',
      hint: 'How much',
      percent: true,
      step: 0.01,
    })
    expect(field('pitch')).toMatchObject({ label: 'Pitch', hint: null, percent: false, step: 0.1 })
    expect(field('output')).toMatchObject({
      choices: [
        { value: 'clean', label: 'Clean' },
        { value: 'residue', label: 'Residue' },
      ],
    })
    expect(field('mode')).toMatchObject({
      required: true,
      choices: [{ label: 'Quick', hint: 'Lower quality' }, { label: 'Best' }],
    })
    expect(field('prompt')).toMatchObject({ long: true, maxLength: 500 })
  })
})

describe('initialValues', () => {
  it('starts from defaults', () => {
    expect(initialValues(schema)).toEqual({
      strength: 0.8,
      pitch: 0,
      output: 'clean',
      mode: 'fast',
      loop: true,
      fillers: false,
    })
  })

  it('takes over the settings of an earlier job, but not those that no longer fit', () => {
    expect(initialValues(schema, { strength: 0.3, output: 'gone', pitch: 99, voice: 'ada' })).toMatchObject({
      strength: 0.3,
      output: 'clean',
      pitch: 0,
      voice: 'ada',
    })
  })
})

it('leaves a choice open that may be, and sends it only when it was made', () => {
  const open: ParameterSchema = {
    type: 'object',
    properties: {
      mood: { anyOf: [{ type: 'string', enum: ['happy', 'calm'] }, { type: 'null' }], default: null },
    },
  }
  expect(describeFields(open)).toMatchObject([
    { choices: [{ value: '' }, { value: 'happy' }, { value: 'calm' }] },
  ])
  expect(initialValues(open)).toEqual({ mood: '' })
  expect(initialValues(open, { mood: 'calm' })).toEqual({ mood: 'calm' })
  expect(toParameters(open, { mood: '' })).toEqual({})
  expect(toParameters(open, { mood: 'calm' })).toEqual({ mood: 'calm' })
})

it('sends only what is filled in', () => {
  expect(toParameters(schema, { strength: 0, seed: Number.NaN, prompt: '', loop: false, stray: 1 })).toEqual({
    strength: 0,
    loop: false,
  })
})

describe('lists and what depends on other fields', () => {
  const editing: ParameterSchema = {
    type: 'object',
    properties: {
      keywords: { type: 'array', items: { type: 'string' }, default: [] },
      redact: { type: 'array', items: { type: 'string', enum: ['profanity', 'personal_data'] }, default: [] },
      ranges: {
        type: 'array',
        items: { type: 'object', properties: { start: { type: 'number' }, end: { type: 'number' } } },
        default: [],
      },
      fillers: {
        anyOf: [{ type: 'boolean' }, { type: 'array', items: { type: 'string' } }],
        default: false,
        description: 'Hesitations',
      },
      diarize: { type: 'boolean', default: false },
      num_speakers: { type: 'integer', minimum: 0, maximum: 20, default: 0, only_if: { diarize: true } },
      fade_ms: { type: 'number', minimum: 1, maximum: 200, default: 8, advanced: true },
      exclude: { type: 'array', items: { type: 'string' }, default: [], hidden: true },
      transcript: { anyOf: [{ type: 'object' }, { type: 'null' }], default: null },
    },
  }
  const names = (fields: { name: string; kind: string }[]) =>
    fields.map(({ name, kind }) => `${name}:${kind}`)

  it('chooses a control for every kind of list, and none for what pages set themselves', () => {
    expect(names(describeFields(editing))).toEqual([
      'keywords:list',
      'redact:checks',
      'ranges:spans',
      'fillers:switch',
      'diarize:switch',
      'num_speakers:range',
      'fade_ms:range',
    ])
    expect(describeFields(editing).at(-1)).toMatchObject({ label: 'Fade (ms)', advanced: true })
    expect(describeFields(editing)[3]).toMatchObject({ label: 'Fillers', hint: 'Hesitations' })
  })

  it('shows and sends a field only beside the values that give it a meaning', () => {
    const values = initialValues(editing, { num_speakers: 2 })
    expect(names(shownFields(editing, values))).not.toContain('num_speakers:range')
    expect(toParameters(editing, values)).not.toHaveProperty('num_speakers')
    expect(toParameters(editing, { ...values, diarize: true })).toMatchObject({ num_speakers: 2 })
  })

  it('takes stretches as people type them, and lines without the empty ones', () => {
    const ranges = [
      { start: '1:23.4', end: '84,5' },
      { start: '', end: ' ' },
    ]
    expect(toParameters(editing, { keywords: ['coffee ', '', 'tea'], ranges })).toEqual({
      keywords: ['coffee', 'tea'],
      ranges: [{ start: 83.4, end: 84.5 }],
    })
  })

  it('takes the stretches of an earlier job over, with what else they have', () => {
    const given = { ranges: [{ start: 1, end: 83.25, action: 'cut' }] }
    const values = initialValues(editing, given)
    expect(values.ranges).toEqual([{ start: '0:01', end: '1:23.25', action: 'cut' }])
    expect(toParameters(editing, values).ranges).toEqual(given.ranges)
  })
})

it('offers voices where a parameter asks for one', () => {
  const schema = { properties: { voice_id: { type: 'string', control: 'voice', default: '' } } }
  expect(describeFields(schema)).toMatchObject([{ name: 'voice_id', kind: 'voice' }])
  expect(initialValues(schema, { voice_id: 'alder' })).toEqual({ voice_id: 'alder' })
  expect(toParameters(schema, { voice_id: 'alder' })).toEqual({ voice_id: 'alder' })
  expect(toParameters(schema, { voice_id: '' })).toEqual({})
})
