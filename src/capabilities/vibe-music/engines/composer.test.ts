import { describe, expect, it } from 'vitest'

import { testManifest } from '../../../../test/fixtures/model-folder'
import { noResources, type HandlerContext, type SubTask, type TaskResult } from '../../capability'
import { vibeMusicParameters } from '../index'
import type { SoloInstrument } from '../solo-instruments'
import { composerMaker } from './composer'

/** What the composer of background music is asked for, and what the clip says about it. */
async function make(instrument: SoloInstrument | null) {
  let asked: SubTask | undefined
  const answer = {
    output: { path: 'music.flac', audio: { sampleRateHz: 48_000, channels: 2, frames: 240_000 } },
    details: { moods: ['calm'], warnings: ['told by the composer'] },
    report: { timingsMs: { open: 0, inference: 1, encode: 0, total: 1 }, provider: 'cpu' },
  } as unknown as TaskResult
  const context = {
    seed: 4,
    runCapability(task: SubTask) {
      asked = task
      return Promise.resolve(answer)
    },
  } as unknown as HandlerContext
  const music = await composerMaker.make(
    {
      input: { kind: 'text', text: 'calm' },
      parameters: { ...vibeMusicParameters.parse({}), instrument },
      ...{ resources: noResources, outputDir: 'out', outputFormat: 'flac' },
      model: { manifest: testManifest({ capability: 'vibe-music', files: [] }), path: (file) => file },
      ...{ previewSeconds: null, inputPreviewSeconds: null, maxInputSeconds: 60 },
    },
    context,
    () => undefined,
  )
  return { asked: asked!, details: music.details }
}

describe('the instrument of a composed clip', () => {
  it('is the composer’s choice where none is asked for', async () => {
    const { asked, details } = await make(null)
    expect(asked.parameters.instruments).toEqual([])
    expect(details).toEqual({ moods: ['calm'], warnings: ['told by the composer'] })
  })

  it('is the one asked for, which the composer has', async () => {
    const { asked, details } = await make('flute')
    expect(asked.parameters.instruments).toEqual(['flute'])
    expect(details.warnings).toEqual(['told by the composer'])
  })

  it.each([
    ['violin', ['strings'], 'The composer has no violin and plays its strings instead.'],
    ['trumpet', ['brass'], 'The composer has no trumpet and plays its brass instead.'],
    ['clarinet', [], 'The composer has no clarinet and plays instruments that fit the music instead.'],
  ] as const)('is another for a %s, and the clip says so', async (instrument, played, warning) => {
    const { asked, details } = await make(instrument)
    expect(asked.parameters.instruments).toEqual(played)
    expect(details.warnings).toHaveLength(2)
    expect(details.warnings[1]).toContain(warning)
  })
})
