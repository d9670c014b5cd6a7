import { describe, expect, it } from 'vitest'
import { comparableWords, wordErrors } from './word-errors'

describe('word errors', () => {
  it.each([
    ['the cat sat', 'the cat sat', 0],
    ['the cat sat', 'the bat sat down', 2],
    ['the cat sat', '', 3],
    ['', 'noise', 1],
    ['Don’t stop, Ada!', "don't stop ada", 0],
    ['one two three four', 'two three four', 1],
  ])('%s | %s: %i', (reference, heard, errors) => {
    expect(wordErrors(comparableWords(reference), comparableWords(heard))).toBe(errors)
  })
})
