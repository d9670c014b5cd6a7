import { describe, expect, it } from 'vitest'

import { createCapabilityRegistry } from '../registry'
import { parameterJsonSchema } from '../capability'
import { voiceEditor } from './index'

const registry = createCapabilityRegistry([voiceEditor])
const parse = (parameters: unknown) => registry.parseParameters('voice-editor', parameters)

describe('parameters', () => {
  it('have defaults', () => {
    expect(parse({ keywords: [' word '] })).toMatchObject({
      ...{
        keywords: ['word'],
        ranges: [],
        match: 'stem',
        fillers: false,
        action: 'auto',
        max_pause: 0,
        dry_run: false,
      },
      ...{ padding_ms: 60, fade_ms: 8, crossfade_ms: 12, bleep_hz: 1000, room_tone: true, transcript: null },
    })
  })

  it.each([
    [{}, /Say what to edit/],
    [{ ranges: [], keywords: [], fillers: [] }, /Say what to edit/],
    [{ ranges: [{ start: 2, end: 1 }] }, /ranges\.0: the range 2–1 s must begin before it ends/],
    [
      {
        ranges: [
          { start: 1, end: 2 },
          { start: 3, end: 3 },
        ],
      },
      /ranges\.1/,
    ],
    [{ ranges: [{ start: -1, end: 2 }] }, /ranges\.0\.start/],
    [{ keywords: [''] }, /keywords\.0/],
    [{ keywords: ['ok', '***'] }, /keywords\.1: holds no letter or digit/],
    [{ keywords: ['x'], action: 'delete' }, /action/],
    [{ keywords: ['x'], transcript: { text: 'x' } }, /transcript/],
    [{ max_pause: 0 }, /Say what to edit/],
    [{ max_pause: 0.01 }, /max_pause: pauses can be shortened/],
    [{ keywords: ['x'], volume: 1 }, /volume/],
  ])('%o are refused by name', (parameters, message) => {
    expect(() => parse(parameters)).toThrow(message)
  })

  it('are described for forms', () => {
    const { properties } = parameterJsonSchema(voiceEditor) as {
      properties: Record<string, { description?: string }>
    }
    for (const [name, { description }] of Object.entries(properties)) expect(description, name).toBeTruthy()
  })
})
