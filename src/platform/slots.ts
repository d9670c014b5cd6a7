import { AppError } from './errors'

/**
 * Lets at most `size` pieces of work run at a time; the others wait in order.
 * @param maxWaiting With so many waiting, further work is refused with `unavailable`.
 */
export function createSlots(size: number, maxWaiting = Infinity) {
  let free = size
  const waiting: (() => void)[] = []

  return async function inSlot<T>(work: () => Promise<T>): Promise<T> {
    if (free > 0) free -= 1
    else if (waiting.length >= maxWaiting)
      throw new AppError('unavailable', { message: 'Too many wait already.' })
    // Whoever finishes hands its place over.
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}
