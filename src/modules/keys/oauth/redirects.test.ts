import { describe, expect, it } from 'vitest'
import { isRegistered, redirectProblem } from './redirects'

describe('where apps may be sent back to', () => {
  it.each([
    'https://app.example.org/callback',
    'http://127.0.0.1/callback',
    'http://[::1]:4000/',
    'com.example.app:/callback',
  ])('%s may be registered', (address) => {
    expect(redirectProblem(address)).toBeNull()
  })

  it.each([
    'http://app.example.org/callback',
    'https://app.example.org/#there',
    'https://somebody@app.example.org/',
    'javascript:alert(1)',
    'data:text/html,hello',
    '/callback',
  ])('%s may not', (address) => {
    expect(redirectProblem(address)).not.toBeNull()
  })

  const registered = ['https://app.example.org/callback', 'http://127.0.0.1/callback']
  it.each([
    ['https://app.example.org/callback', true],
    ['https://app.example.org/callback?more=1', false],
    ['https://app.example.org/callback/', false],
    ['https://app.example.org:8443/callback', false],
    ['https://evil.example.org/callback', false],
    ['http://127.0.0.1:51234/callback', true],
    ['http://127.0.0.1:51234/other', false],
    ['http://localhost:51234/callback', false],
    ['http://127.0.0.1@evil.example.org/callback', false],
    ['http://somebody@127.0.0.1:51234/callback', false],
  ])('%s is as registered: %s', (address, expected) => {
    expect(isRegistered(address, registered)).toBe(expected)
  })
})
