import { describe, expect, it } from 'vitest'
import type { JobView } from '~/api/types'
import { againWith, dubOf, isChanged, isOpen, parametersOf, readLines, withEdits } from './dub-lines'

const segment = { start: 1, end: 2, text: 'hola', source_text: 'hello', speaker: null, approved: false }
const job = (changes: object): JobView =>
  ({
    ...{ job_id: 'one', capability: 'dubbing', status: 'completed', output: null },
    parameters: { target_language: 'es', source_language: 'auto', review: true, segments: [] },
    ...changes,
  }) as unknown as JobView
const output = (details: object, artifacts: object[] = []) => ({ details, artifacts })

describe('the text of a dub', () => {
  it('is what a review found, with the reason', () => {
    const dub = dubOf(
      job({ output: output({ review: true, message: 'Why.', segment_count: 400, segments: [segment] }) }),
    )
    expect(dub).toMatchObject({ review: true, message: 'Why.', count: 400, lines: [segment], listUrl: null })
  })

  it('is what was spoken, without how it was fitted', () => {
    const address = 'http://localhost:3000/storage/a/segments.json?s=1'
    const artifacts = [{ name: 'segments.json', url: address }]
    const details = { review: false, reused_count: 1, segments: [{ ...segment, fit: { rate: 1 } }] }
    const dub = dubOf(job({ output: output(details, artifacts) }))!
    expect(dub).toMatchObject({ review: false, count: 1, reused: 1, listUrl: '/storage/a/segments.json?s=1' })
    expect(dub.lines).toEqual([segment])
  })

  it('is what a job was given that failed', () => {
    const given = { start: 0, end: 1, text: 'x' }
    const dub = dubOf(job({ status: 'failed', parameters: { segments: [given] } }))!
    expect(dub).toMatchObject({ review: true, lines: [{ text: 'x', source_text: '', approved: false }] })
  })

  it('is not there for other jobs, and for those without segments', () => {
    expect(dubOf(job({ capability: 'voice-editor', output: output({ segments: [segment] }) }))).toBeNull()
    expect(dubOf(job({ status: 'failed' }))).toBeNull()
  })
})

describe('edits', () => {
  it('change lines by their places', () => {
    const [first, second] = withEdits([segment, segment], { 1: { text: 'adiós' } })
    expect([isChanged(segment, first!), isChanged(segment, second!)]).toEqual([false, true])
    expect(isChanged(segment, { ...segment, text: ' hola\n', approved: true })).toBe(false)
  })

  it('leave a line open until it has text or is approved, where something is said', () => {
    const empty = { ...segment, text: ' ' }
    expect(isOpen(empty)).toBe(true)
    expect(isOpen({ ...empty, approved: true })).toBe(false)
    expect(isOpen({ ...empty, source_text: '♪' })).toBe(false)
  })
})

it('a job that follows names the one before, and its language', () => {
  const review = job({ output: output({ review: true, source_language: 'en', segments: [segment] }) })
  expect(parametersOf(review, dubOf(review)!, readLines([segment]))).toEqual({
    ...{ target_language: 'es', source_language: 'en', review: false, segments: [segment] },
    previous_job_id: 'one',
  })
  const failed = job({ status: 'failed', parameters: { segments: [segment], previous_job_id: 'zero' } })
  expect(parametersOf(failed, dubOf(failed)!, [])).toMatchObject({ previous_job_id: '' })
})

it('a dub that is made again with other settings goes on from it; other work does not', () => {
  const settings = { capability: 'dubbing', modelName: null, parameters: { target_language: 'it' } }
  const dub = job({ output: output({ segments: [segment] }) })
  expect(againWith(dub, settings)).toEqual({
    ...settings,
    parameters: { target_language: 'it', previous_job_id: 'one' },
  })
  expect(againWith(job({ status: 'failed' }), settings).parameters).toMatchObject({ previous_job_id: '' })
  const other = { ...settings, capability: 'speech-to-text' }
  expect(againWith(dub, other)).toBe(other)
  expect(againWith({ ...dub, capability: 'speech-to-text' }, settings)).toBe(settings)
})
