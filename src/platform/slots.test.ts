import { expect, it } from 'vitest'
import { createSlots } from './slots'

it('never runs more than its size at once, in order, and goes on after failures', async () => {
  const inSlot = createSlots(2)
  const order: number[] = []
  let running = 0
  let most = 0
  const work = (index: number) =>
    inSlot(async () => {
      order.push(index)
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running -= 1
      if (index === 1) throw new Error('failed on purpose')
      return index
    })
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map(work))
  expect(most).toBe(2)
  expect(order).toEqual([0, 1, 2, 3, 4])
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ])
})

it('refuses work when too much waits', async () => {
  const inSlot = createSlots(1, 1)
  const forever = new Promise<void>(() => undefined)
  void inSlot(() => forever)
  void inSlot(() => forever)
  await expect(inSlot(() => forever)).rejects.toMatchObject({ code: 'unavailable' })
})
