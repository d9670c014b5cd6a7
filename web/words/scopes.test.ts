import { describe, expect, it } from 'vitest'
import { explainScope, groupScopes } from './scopes'

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

it('scopes fall into jobs and the rest, without those for several at once', () => {
  const scopes = ['*', 'voices:*', 'dubbing:write', 'voices:read', 'jobs:write']
  expect(groupScopes(scopes)).toEqual({ jobs: ['dubbing:write'], rest: ['voices:read', 'jobs:write'] })
})
