import { AppError } from './errors'

export interface FairSlotsOptions {
  /** Pieces of work that run at a time. */
  size: number
  /** How many of one party's may wait; further ones are refused. */
  maxWaitingEach: number
  /** How many may wait altogether. */
  maxWaiting: number
}

/**
 * As `createSlots`, but whoever has much to do does not keep the others waiting: the parties take turns.
 * @returns a function of the party, such as an address, and its work. @throws AppError `unavailable` when too many wait.
 */
export function createFairSlots({ size, maxWaitingEach, maxWaiting }: FairSlotsOptions) {
  let free = size
  let waitingInAll = 0
  /** The party whose turn it is stands first; one that was served goes to the end. */
  const queues = new Map<string, (() => void)[]>()

  async function wait(party: string): Promise<void> {
    const queue = queues.get(party) ?? []
    if (queue.length >= maxWaitingEach || waitingInAll >= maxWaiting) {
      throw new AppError('unavailable', { message: 'Too many wait already.' })
    }
    queues.set(party, queue)
    waitingInAll += 1
    await new Promise<void>((resolve) => queue.push(resolve))
  }

  function handOver(): void {
    const next = queues.entries().next().value
    if (!next) {
      free += 1
      return
    }
    const [party, queue] = next
    queues.delete(party)
    waitingInAll -= 1
    const resume = queue.shift()!
    if (queue.length > 0) queues.set(party, queue)
    resume()
  }

  return async function inSlot<T>(party: string, work: () => Promise<T>): Promise<T> {
    if (free > 0) free -= 1
    else await wait(party)
    try {
      return await work()
    } finally {
      handOver()
    }
  }
}
