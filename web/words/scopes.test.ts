import { describe, expect, it } from 'vitest'
import { explainScope } from './scopes'

describe('explainScope', () => {
  it.each([
    ['*', 'Everything that keys can do, and spend your minutes'],
    ['text-to-speech:write', 'Start jobs: text to speech'],
    ['voices:read', 'See your voices'],
    ['storage:*', 'Fetch your uploads; upload and delete files'],
  ])('%s reads “%s”', (scope, words) => {
    expect(explainScope(scope)).toBe(words)
  })
})
