import { describe, expect, it } from 'vitest'
import { AppError } from '../src/platform/errors'
import { safeReturnPath, toFormProblem } from './session'

describe('safeReturnPath', () => {
  it.each([
    ['/history?status=failed', '/history?status=failed'],
    ['//evil.invalid/x', '/studio'],
    ['/\\evil.invalid', '/studio'],
    ['https://evil.invalid', '/studio'],
    [null, '/studio'],
  ])('%s leads to %s', (given, path) => {
    expect(safeReturnPath(given)).toBe(path)
  })
})

describe('toFormProblem', () => {
  it('puts a taken user name at its field', () => {
    expect(toFormProblem(new AppError('username_taken')).fieldErrors).toEqual([
      { field: 'username', message: 'This user name is taken. Choose another one.' },
    ])
  })

  it('keeps the fields of a validation error', () => {
    const error = new AppError('validation_failed', {
      details: { errors: [{ path: 'password', message: 'At least 8 characters' }] },
    })
    expect(toFormProblem(error).fieldErrors).toEqual([
      { field: 'password', message: 'At least 8 characters' },
    ])
  })

  it('does not hide faults of our own in a form', () => {
    expect(() => toFormProblem(new AppError('internal'))).toThrow()
    expect(() => toFormProblem(new TypeError('x'))).toThrow(TypeError)
  })
})
