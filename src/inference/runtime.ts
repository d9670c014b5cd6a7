/** In the order in which they are worth trying. */
export const executionProviders = ['tensorrt', 'cuda', 'webgpu', 'cpu'] as const
export type ExecutionProvider = (typeof executionProviders)[number]

/** Numeric arrays that a tensor may hold. */
export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array | Int8Array

export interface Tensor {
  data: TensorData
  dims: readonly number[]
}

/** One ONNX graph ready to run. Runs of a session are serialised by the runtime. */
export interface Session {
  /** Execution provider in use: the first of the configured ones that could load the graph. */
  provider: string
  inputNames: readonly string[]
  outputNames: readonly string[]
  /** Shapes of the inputs as the graph states them; open dimensions by name or as −1. */
  inputShapes?: Readonly<Record<string, readonly (number | string)[]>>
  /** Inputs of type bool are given as `Uint8Array` of 0 and 1. */
  /** @param outputs The outputs that are wanted, as each costs a copy (0.24 ms per MB); default: all. */
  run(feeds: Record<string, Tensor>, outputs?: readonly string[]): Promise<Record<string, Tensor>>
  release(): Promise<void>
}

export interface SessionOptions {
  /** Only these of the configured providers; default: all. `cpu` is tried last in any case. */
  providers?: readonly ExecutionProvider[] | undefined
  /**
   * Whether the second run takes all its memory at once, by the plan of the first; default: yes. The first run's stays
   * besides: a graph that works on gigabytes needs twice as many, and fetches them anew.
   */
  plansMemory?: boolean
}

/** Creates sessions; the only door to onnxruntime. */
export interface Runtime {
  /** @param graph Path of an .onnx file, or the bytes of a graph. */
  createSession(graph: string | Uint8Array, options?: SessionOptions): Promise<Session>
}
