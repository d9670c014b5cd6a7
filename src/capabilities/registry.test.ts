import { describe, expect, it } from 'vitest'

import { capabilityDefinitions, createDefaultRegistry, parameterJsonSchema } from './index'
import { askedJob } from '../../test/fixtures/asked-job'
import { testManifest } from '../../test/fixtures/model-folder'
import { createCapabilityRegistry } from './registry'

describe('capability registry', () => {
  it('refuses two capabilities with one id', () => {
    const [first] = capabilityDefinitions
    expect(() => createCapabilityRegistry([first!, first!])).toThrow(/two capabilities/)
  })

  it('names what there is where an id is unknown', () => {
    const registry = createDefaultRegistry()
    expect(registry.has('nothing')).toBe(false)
    expect(() => registry.get('nothing')).toThrow(/There are: .*noise-removal/)
  })

  it('fills in defaults and names every failing field', () => {
    const registry = createDefaultRegistry()
    expect(registry.parseParameters('noise-removal', undefined)).toEqual({
      ...{ mode: 'auto', strength: 1, output: 'clean', shifts: 0 },
      ...{ hum: false, wind: false, clicks: false },
    })
    try {
      registry.parseParameters('noise-removal', { strength: 7, output: 'dirty', volume: 11 })
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({
        code: 'invalid_parameter',
        details: { fields: [{ path: 'strength' }, { path: 'output' }, { path: 'volume' }] },
      })
    }
  })

  it.each([
    [{ target_voice_id: 'ben', pitch_semitones: 2 }, ['pitch_semitones']],
    [{ formant_shift: 0, pitch_semitones: 0 }, ['pitch_semitones', 'formant_shift', 'target_voice_id']],
    [{ target_voice_id: 'ben', strength: 0.5 }, []],
  ])('names every field that a model can do nothing with: %j', (asked, names) => {
    const registry = createDefaultRegistry()
    const parse = (engine: string) =>
      registry.parseParameters('voice-changer', asked, askedJob(testManifest({ engine, title: 'OpenVoice' })))
    expect(parse('world')).toMatchObject(asked)
    if (names.length === 0) return expect(parse('openvoice')).toMatchObject(asked)
    expect(() => parse('openvoice')).toThrow(
      expect.objectContaining({
        code: 'invalid_parameter',
        details: {
          fields: names.map((path) => ({ path, message: expect.stringContaining('“OpenVoice”') as string })),
        },
      }),
    )
  })

  it('knows no voice to turn into but those of the library and presets', () => {
    const job = askedJob(testManifest({ engine: 'world' }), { voices: ['ben'] })
    const parse = (id: string) =>
      createDefaultRegistry().parseParameters('voice-changer', { target_voice_id: id }, job)
    expect(parse('ben')).toMatchObject({ target_voice_id: 'ben' })
    expect(() => parse('ann')).toThrow(/target_voice_id: There is no voice “ann”/)
  })

  it.each(capabilityDefinitions)('$id describes every parameter for a form', (definition) => {
    const schema = parameterJsonSchema(definition) as { type: string; properties: Record<string, object> }
    expect(schema.type).toBe('object')
    for (const [name, property] of Object.entries(schema.properties)) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/)
      expect(property).toMatchObject({ description: expect.any(String) as string })
      expect(property).toHaveProperty('default')
    }
  })
})
