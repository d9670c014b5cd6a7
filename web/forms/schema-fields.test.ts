import { describe, expect, it } from 'vitest'
import type { ParameterSchema } from '~/api/types'
import { describeFields, initialValues, toParameters } from './schema-fields'

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

it('sends only what is filled in', () => {
  expect(toParameters(schema, { strength: 0, seed: Number.NaN, prompt: '', loop: false, stray: 1 })).toEqual({
    strength: 0,
    loop: false,
  })
})
