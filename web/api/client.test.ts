import { describe, expect, it } from 'vitest'
import { downloadPath, readFieldErrors, toApiError } from './client'

describe('toApiError', () => {
  it('reads code, sentence and fields of problem+json', () => {
    const error = toApiError(
      400,
      JSON.stringify({
        type: 'https://timbre.invalid/problems/validation_failed',
        title: 'Some fields are not valid',
        detail: 'strength is too large',
        errors: [{ path: 'parameters.strength', message: 'At most 1' }],
      }),
    )
    expect(error).toMatchObject({
      status: 400,
      code: 'validation_failed',
      message: 'strength is too large',
      fieldErrors: [{ field: 'strength', message: 'At most 1' }],
    })
  })

  it('reads what is wrong with parameters of a job', () => {
    const fields = [
      { path: 'source_language', message: 'a' },
      { path: 'segments.0.text', message: 'b' },
      { path: 'input_data', message: 'c' },
      { path: '', message: 'd' },
    ]
    const error = toApiError(422, JSON.stringify({ code: 'invalid_parameter', detail: 'wrong', fields }))
    expect(error.fieldErrors).toEqual([
      { field: 'source_language', message: 'a' },
      { field: 'segments', message: 'b' },
      { field: 'input_data', message: 'c' },
      { field: 'parameters', message: 'd' },
    ])
  })

  it('keeps the status where the answer is no JSON', () => {
    expect(toApiError(413, '<html>proxy</html>')).toMatchObject({ status: 413, code: 'payload_too_large' })
    expect(toApiError(502, '')).toMatchObject({ code: 'internal' })
  })
})

it('understands lists and JSON pointers as paths', () => {
  const errors = [
    { path: ['parameters', 'output'], message: 'a' },
    { pointer: '#/parameters/strength', detail: 'b' },
    { message: 'without a field' },
  ]
  expect(readFieldErrors(errors)).toEqual([
    { field: 'output', message: 'a' },
    { field: 'strength', message: 'b' },
  ])
})

it('gives what is wrong with an entry of a list to the list', () => {
  const errors = [
    { path: 'parameters.ranges.0.end', message: 'a' },
    { path: 'parameters', message: 'b' },
  ]
  expect(readFieldErrors(errors)).toEqual([
    { field: 'ranges', message: 'a' },
    { field: 'parameters', message: 'b' },
  ])
})

it('asks for captions of a layout', () => {
  expect(downloadPath('7', null)).toBe('/api/audio/download-audio/7')
  expect(downloadPath('7', 'srt', { max_line_length: '42', max_lines: '1' })).toBe(
    '/api/audio/download-audio/7?format=srt&max_line_length=42&max_lines=1',
  )
})
