import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { createOrtRuntime, parseExecutionProviders } from './ort-runtime'

/** A protobuf field of bytes. */
function field(number: number, ...parts: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varintBytes(body.length), body])
}
const varint = (number: number, value: number) =>
  Buffer.concat([Buffer.from([number << 3]), varintBytes(value)])

function varintBytes(value: number): Buffer {
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128)
  return Buffer.from([...bytes, value])
}

const [floatType, boolType] = [1, 9]

function tensorValue(name: string, type: number, size: number): Buffer {
  return Buffer.concat([
    field(1, name),
    field(2, field(1, varint(1, type), field(2, field(1, varint(1, size))))),
  ])
}

function model(graph: Buffer): Buffer {
  return Buffer.concat([varint(1, 8), field(7, graph), field(8, varint(2, 13))])
}

/** y = max(0, x) over three numbers, as an ONNX ModelProto. */
function reluGraph(): Buffer {
  const node = field(1, field(1, 'x'), field(2, 'y'), field(4, 'Relu'))
  const ends = [field(11, tensorValue('x', floatType, 3)), field(12, tensorValue('y', floatType, 3))]
  return model(Buffer.concat([node, field(2, 'g'), ...ends]))
}

/** y = not x over two truth values. */
function notGraph(): Buffer {
  const node = field(1, field(1, 'x'), field(2, 'y'), field(4, 'Not'))
  const ends = [field(11, tensorValue('x', boolType, 2)), field(12, tensorValue('y', boolType, 2))]
  return model(Buffer.concat([node, field(2, 'g'), ...ends]))
}

/** y = x + w, with w a constant of `size` numbers. */
function heavyGraph(size: number): Buffer {
  const node = field(1, field(1, 'x'), field(1, 'w'), field(2, 'y'), field(4, 'Add'))
  const weights = field(
    5,
    varint(1, size),
    varint(2, floatType),
    field(8, 'w'),
    field(9, Buffer.alloc(size * 4, 1)),
  )
  const ends = [field(11, tensorValue('x', floatType, 1)), field(12, tensorValue('y', floatType, size))]
  return model(Buffer.concat([node, field(2, 'g'), weights, ...ends]))
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

  it('leaves out the providers that a model cannot run on', async () => {
    const tried: unknown[] = []
    const note = (details: object) => tried.push((details as { provider: string }).provider)
    const runtime = createOrtRuntime({
      providers: ['tensorrt', 'cuda', 'cpu'],
      log: { debug: note, info: note, warn: note },
    })
    await (await runtime.createSession(reluGraph(), { providers: ['cpu'] })).release()
    expect(tried).toEqual(['cpu'])
  })

  it('takes truth values as bytes', async () => {
    const session = await createOrtRuntime({ providers: ['cpu'] }).createSession(notGraph())
    const { y } = await session.run({ x: { data: Uint8Array.of(0, 1), dims: [2] } })
    expect([...(y!.data as Uint8Array)]).toEqual([1, 0])
    await session.release()
  })

  it('gives the memory of a model back when it is unloaded', async () => {
    const megabytes = 48
    const runtime = createOrtRuntime({ providers: ['cpu'] })
    await (await runtime.createSession(reluGraph())).release()
    const folder = await mkdtemp(join(tmpdir(), 'timbre-ort-'))
    const path = join(folder, 'heavy.onnx')
    await writeFile(path, heavyGraph((megabytes * 1024 * 1024) / 4))
    const rssMb = () => process.memoryUsage.rss() / 1024 / 1024
    const session = await runtime.createSession(path)
    const loaded = rssMb()
    await session.release()
    await rm(folder, { recursive: true })
    expect(loaded - rssMb()).toBeGreaterThan(megabytes * 0.8)
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
