import { expect, it } from 'vitest'

import { createPcmQueue } from './pcm-queue'

it('gives the frames back in order, whatever the lengths', () => {
  const queue = createPcmQueue(2)
  const taken: number[] = []
  let next = 0
  for (let round = 0; round < 200; round++) {
    const samples = Float32Array.from({ length: (round * 37) % 50 }, () => next++)
    queue.push({ channels: [samples, samples.map((sample) => -sample)] })
    const block = queue.take(Math.min(queue.frames(), (round * 53) % 60))
    expect([...block.channels[1]!]).toEqual(
      [...block.channels[0]!].map((sample) => (sample === 0 ? -0 : -sample)),
    )
    taken.push(...block.channels[0]!)
  }
  taken.push(...queue.take(queue.frames()).channels[0]!)
  expect(taken).toEqual(Array.from({ length: next }, (_, index) => index))
  expect(() => queue.take(1)).toThrow(/1 frames asked of 0/)
})
