import { describe, expect, it } from 'vitest'
import { createFairSlots } from './fair-slots'

describe('fair slots', () => {
  it('serve the parties in turn, and each in the order of its arrival', async () => {
    const inSlot = createFairSlots({ size: 1, maxWaitingEach: 10, maxWaiting: 100 })
    const served: string[] = []
    const serve = (party: string, name: string) => inSlot(party, async () => void served.push(name))
    await Promise.all([
      ...['a1', 'a2', 'a3', 'a4'].map((name) => serve('a', name)),
      ...['b1', 'b2'].map((name) => serve('b', name)),
      serve('c', 'c1'),
    ])
    expect(served).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
  })

  it('refuse what one party has too much of, and nothing of the others', async () => {
    const inSlot = createFairSlots({ size: 1, maxWaitingEach: 2, maxWaiting: 4 })
    const many = await Promise.allSettled([
      ...Array.from({ length: 6 }, () => inSlot('greedy', () => Promise.resolve('done'))),
      inSlot('modest', () => Promise.resolve('done')),
    ])
    expect(many.map(({ status }) => status)).toEqual([
      ...Array<string>(3).fill('fulfilled'),
      ...Array<string>(3).fill('rejected'),
      'fulfilled',
    ])
    expect((many[4] as PromiseRejectedResult).reason).toMatchObject({ code: 'unavailable' })
  })

  it('are free again after work that failed', async () => {
    const inSlot = createFairSlots({ size: 1, maxWaitingEach: 1, maxWaiting: 1 })
    await expect(inSlot('a', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    expect(await inSlot('a', () => Promise.resolve('free'))).toBe('free')
  })
})
