/**
 * Joins calls: what is asked for in the same turn of the event loop is worked on together, `size` at a time. A failure is
 * the failure of all that were worked on with it.
 *
 * @param runMany Gives an output for every input, in their order.
 */
export function createBatcher<Input, Output>(
  size: number,
  runMany: (inputs: readonly Input[]) => Promise<readonly Output[]>,
): (input: Input) => Promise<Output> {
  interface Call {
    input: Input
    resolve(output: Output): void
    reject(error: unknown): void
  }
  let waiting: Call[] = []

  async function work(calls: readonly Call[]): Promise<void> {
    try {
      const outputs = await runMany(calls.map(({ input }) => input))
      for (const [index, { resolve }] of calls.entries()) resolve(outputs[index]!)
    } catch (error) {
      for (const { reject } of calls) reject(error)
    }
  }

  function flush(): void {
    const calls = waiting
    waiting = []
    for (let at = 0; at < calls.length; at += size) void work(calls.slice(at, at + size))
  }

  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject })
      if (waiting.length === 1) setImmediate(flush)
    })
}
