import { describe, expect, it } from 'vitest'

import { createOrtRuntime, parseExecutionProviders } from './ort-runtime'

/** A protobuf field of bytes. */
function field(number: number, ...parts: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
  return Buffer.concat([Buffer.from([(number << 3) | 2, body.length]), body])
}
const varint = (number: number, value: number) => Buffer.from([number << 3, value])

/** y = max(0, x) over three numbers, as an ONNX ModelProto. */
function reluGraph(): Buffer {
  const shape = field(2, field(1, varint(1, 3)))
  const value = (name: string) => Buffer.concat([field(1, name), field(2, field(1, varint(1, 1), shape))])
  const node = field(1, field(1, 'x'), field(2, 'y'), field(4, 'Relu'))
  const graph = field(7, node, field(2, 'g'), field(11, value('x')), field(12, value('y')))
  return Buffer.concat([varint(1, 8), graph, field(8, varint(2, 13))])
}

const feeds = (...numbers: number[]) => ({ x: { data: Float32Array.from(numbers), dims: [3] } })

describe('onnxruntime', () => {
  it('runs a graph, and runs of a session one after the other', async () => {
    const session = await createOrtRuntime({ providers: ['cpu'] }).createSession(reluGraph())
    expect(session).toMatchObject({ provider: 'cpu', inputNames: ['x'], outputNames: ['y'] })
    const results = await Promise.all([session.run(feeds(-1, 0, 2)), session.run(feeds(3, -4, 5))])
    expect(results.map(({ y }) => [...(y!.data as Float32Array)])).toEqual([
      [0, 0, 2],
      [3, 0, 5],
    ])
    expect(results[0].y!.dims).toEqual([3])
    await session.release()
  })

  it('goes on after a run that failed', async () => {
    const session = await createOrtRuntime({ providers: ['cpu'] }).createSession(reluGraph())
    const [bad, good] = await Promise.allSettled([session.run({}), session.run(feeds(1, 2, 3))])
    expect(bad.status).toBe('rejected')
    expect(good.status).toBe('fulfilled')
  })

  it('falls back to the next provider, and says which one is in use', async () => {
    const tried: unknown[] = []
    const note = (details: object) => tried.push(details)
    const runtime = createOrtRuntime({
      providers: ['tensorrt', 'cuda', 'cpu'],
      log: { debug: note, info: note, warn: note },
    })
    const session = await runtime.createSession(reluGraph())
    expect(tried.map((details) => (details as { provider: string }).provider).at(-1)).toBe(session.provider)
    expect([...((await session.run(feeds(-1, 1, -1))).y!.data as Float32Array)]).toEqual([0, 1, 0])
  })

  it('refuses a damaged graph', async () => {
    const runtime = createOrtRuntime({ providers: ['cpu'] })
    await expect(runtime.createSession(Buffer.from('no graph'))).rejects.toMatchObject({
      code: 'model_corrupt',
    })
  })

  it('names an unknown provider', () => {
    expect(parseExecutionProviders(['cuda', 'cpu'])).toEqual(['cuda', 'cpu'])
    expect(() => parseExecutionProviders(['abacus'])).toThrow(/EXECUTION_PROVIDERS: “abacus”/)
  })
})
