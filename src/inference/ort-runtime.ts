import { AppError } from '../platform/errors'
import type { JobLog } from './engine'
import {
  executionProviders,
  type ExecutionProvider,
  type Runtime,
  type Session,
  type Tensor,
  type TensorData,
} from './runtime'

type Ort = typeof import('onnxruntime-node')
type OrtSession = import('onnxruntime-node').InferenceSession
type OrtTensor = import('onnxruntime-node').Tensor

export interface OrtRuntimeOptions {
  /** Tried in this order for every graph. `cpu` is tried last in any case. */
  providers: readonly ExecutionProvider[]
  log?: JobLog
}

/**
 * onnxruntime behind `Runtime`. The library is loaded with the first graph. One thread a session: the pool of runner
 * processes uses the cores, one each.
 */
export function createOrtRuntime(options: OrtRuntimeOptions): Runtime {
  const order = [...options.providers.filter((provider) => provider !== 'cpu'), 'cpu' as const]
  const orderOf = (allowed: readonly ExecutionProvider[] | undefined) =>
    order.filter((provider) => provider === 'cpu' || !allowed || allowed.includes(provider))
  let loading: Promise<Ort> | undefined
  const loadOrt = () => (loading ??= importOrt())

  return {
    async createSession(graph, { providers, plansMemory = true } = {}) {
      const ort = await loadOrt()
      for (const provider of orderOf(providers)) {
        try {
          const session = await openSession(ort, graph, provider, plansMemory)
          options.log?.debug({ provider }, 'onnx graph loaded')
          return wrapSession(ort, session, provider)
        } catch (cause) {
          if (provider === 'cpu') {
            throw new AppError('model_corrupt', { message: 'The model’s graph could not be loaded.', cause })
          }
          options.log?.info(
            { provider, reason: String(cause) },
            'execution provider not usable, trying the next',
          )
        }
      }
      throw new AppError('internal')
    },
  }
}

async function importOrt(): Promise<Ort> {
  try {
    const module = (await import('onnxruntime-node')) as Ort & { default?: Ort }
    return module.default ?? module
  } catch (cause) {
    throw new AppError('engine_failed', { message: 'onnxruntime does not run on this machine.', cause })
  }
}

function openSession(
  ort: Ort,
  graph: string | Uint8Array,
  provider: ExecutionProvider,
  plansMemory: boolean,
): Promise<OrtSession> {
  const settings = {
    executionProviders: [provider],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential' as const,
    graphOptimizationLevel: 'all' as const,
    enableMemPattern: plansMemory,
    logSeverityLevel: 3 as const,
  }
  return typeof graph === 'string'
    ? ort.InferenceSession.create(graph, settings)
    : ort.InferenceSession.create(graph, settings)
}

function wrapSession(ort: Ort, session: OrtSession, provider: ExecutionProvider): Session {
  let last: Promise<unknown> = Promise.resolve()
  const serialised = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work)
    last = next
    return next
  }
  const types = new Map(
    session.inputMetadata.map((input) => [input.name, input.isTensor ? input.type : null]),
  )
  return {
    provider,
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    inputShapes: Object.fromEntries(
      session.inputMetadata.map((input) => [input.name, input.isTensor ? input.shape : []]),
    ),
    run: (feeds, outputs = session.outputNames) =>
      serialised(async () => {
        const results = await session.run(
          Object.fromEntries(
            Object.entries(feeds).map(([name, tensor]) => [name, toOrt(ort, tensor, types.get(name))]),
          ),
          outputs,
        )
        return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, fromOrt(result)]))
      }),
    release: () => serialised(() => session.release()),
  }
}

function toOrt(ort: Ort, { data, dims }: Tensor, type: string | null | undefined): OrtTensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, dims)
  if (data instanceof Int32Array) return new ort.Tensor('int32', data, dims)
  if (data instanceof BigInt64Array) return new ort.Tensor('int64', data, dims)
  if (data instanceof Int8Array) return new ort.Tensor('int8', data, dims)
  return type === 'bool' ? new ort.Tensor('bool', data, dims) : new ort.Tensor('uint8', data, dims)
}

function fromOrt(tensor: OrtTensor): Tensor {
  return { data: tensor.data as TensorData, dims: tensor.dims }
}

/** Names of providers as they are configured. @throws AppError `internal` that names an unknown one. */
export function parseExecutionProviders(names: readonly string[]): ExecutionProvider[] {
  return names.map((name) => {
    const found = executionProviders.find((provider) => provider === name)
    if (found) return found
    throw new AppError('internal', {
      message: `EXECUTION_PROVIDERS: “${name}” is none of ${executionProviders.join(', ')}.`,
    })
  })
}
