import { describe, expect, it } from 'vitest'
import { parseArguments, UsageError } from './arguments'

describe('parseArguments', () => {
  it.each([
    [[], { role: 'server', dev: false }],
    [['--dev'], { role: 'server', dev: true }],
    [['--worker'], { role: 'worker', capabilities: undefined }],
    [['--worker', '--capabilities', 'a,b'], { role: 'worker', capabilities: ['a', 'b'] }],
    [
      ['run', 'noise-removal', 'in.wav', '-o', 'out.wav'],
      { role: 'run', rest: ['noise-removal', 'in.wav', '-o', 'out.wav'] },
    ],
    [['--help'], { role: 'help' }],
    [['--version'], { role: 'version' }],
  ])('%j', (argv, command) => {
    expect(parseArguments(argv)).toEqual(command)
  })

  it.each([
    [['--wroker']],
    [['serve']],
    [['--capabilities', 'a']],
    [['--worker', '--dev']],
    [['--capabilities']],
  ])('refuses %j', (argv) => {
    expect(() => parseArguments(argv)).toThrow(UsageError)
  })
})
