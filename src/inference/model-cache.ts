import type { Engine, LoadedModel, ModelFiles } from './engine'
import type { Runtime, SessionOptions } from './runtime'

export interface ModelCacheOptions {
  runtime: Runtime
  /** Bound on the sum of what the loaded models say they hold. A single larger model is still loaded, alone. */
  maxBytes: number
  /** Models unused for this long are unloaded. */
  idleMs: number
}

/** A loaded model lent to one job. */
export interface ModelLease<Input, Output> {
  model: LoadedModel<Input, Output>
  /** Execution provider of its graphs (`cuda+cpu` where they differ); `cpu` where it has none. */
  provider: string
  /** Gives the model back; it may be unloaded afterwards. */
  release(): void
}

export interface LoadedModelInfo {
  id: string
  version: string
  bytes: number
  users: number
  provider: string
  /** How long loading and warming up took; 0 while it is loaded. */
  loadMs: number
}

/** Loaded models, least recently used first to go. */
export interface ModelCache {
  /** Loads the model or lends the one that is loaded. Requests during a load share it. */
  acquire<Input, Output>(engine: Engine<Input, Output>, files: ModelFiles): Promise<ModelLease<Input, Output>>
  loaded(): LoadedModelInfo[]
  /** Unloads everything that is not in use. */
  clear(): Promise<void>
}

interface Entry {
  id: string
  version: string
  loading: Promise<LoadedModel<unknown, unknown>>
  bytes: number
  users: number
  provider: string
  loadMs: number
  idleTimer?: NodeJS.Timeout
}

export function createModelCache({ runtime, maxBytes, idleMs }: ModelCacheOptions): ModelCache {
  /** Insertion order is order of use. */
  const entries = new Map<string, Entry>()

  const unload = async (key: string, entry: Entry): Promise<void> => {
    clearTimeout(entry.idleTimer)
    if (entries.get(key) === entry) entries.delete(key)
    await (await entry.loading).release()
  }

  const totalBytes = () => [...entries.values()].reduce((sum, entry) => sum + entry.bytes, 0)

  const makeRoom = async (): Promise<void> => {
    for (const [key, entry] of [...entries]) {
      if (totalBytes() <= maxBytes) return
      if (entry.users === 0) await unload(key, entry)
    }
  }

  const giveBack = (key: string, entry: Entry): void => {
    entry.users -= 1
    if (entry.users > 0) return
    entry.idleTimer = setTimeout(() => void unload(key, entry).catch(() => undefined), idleMs)
    entry.idleTimer.unref()
    void makeRoom().catch(() => undefined)
  }

  const open = (key: string, engine: Engine<unknown, unknown>, files: ModelFiles): Entry => {
    const { id, version, requirements } = files.manifest
    const startedMs = performance.now()
    const entry: Entry = {
      id,
      version,
      // What the manifest says counts until the model itself knows better.
      bytes: requirements.memoryMb * 1024 * 1024,
      users: 0,
      provider: 'cpu',
      loadMs: 0,
      loading: load(engine, files, runtime, (provider) => (entry.provider = provider)),
    }
    entries.set(key, entry)
    entry.loading.then(
      (model) => {
        entry.bytes = model.bytes
        entry.loadMs = performance.now() - startedMs
      },
      () => entries.delete(key),
    )
    return entry
  }

  return {
    async acquire<Input, Output>(engine: Engine<Input, Output>, files: ModelFiles) {
      const key = `${files.manifest.id}@${files.manifest.version}`
      const entry = entries.get(key) ?? open(key, engine, files)
      clearTimeout(entry.idleTimer)
      entry.users += 1
      entries.delete(key)
      entries.set(key, entry)
      try {
        // Room is made before the load is waited for, so that old and new are not held at once for longer than needed.
        await makeRoom()
        const model = (await entry.loading) as LoadedModel<Input, Output>
        let held = true
        return {
          model,
          provider: entry.provider,
          release: () => {
            if (held) giveBack(key, entry)
            held = false
          },
        }
      } catch (error) {
        entries.delete(key)
        throw error
      }
    },
    loaded: () =>
      [...entries.values()].map(({ id, version, bytes, users, provider, loadMs }) => ({
        id,
        version,
        bytes,
        users,
        provider,
        loadMs,
      })),
    async clear() {
      await Promise.all(
        [...entries].filter(([, entry]) => entry.users === 0).map(([key, entry]) => unload(key, entry)),
      )
    },
  }
}

/** Loads and warms up. A provider that takes the graphs and then cannot run them gives way to the CPU. */
async function load(
  engine: Engine<unknown, unknown>,
  files: ModelFiles,
  runtime: Runtime,
  onProvider: (provider: string) => void,
): Promise<LoadedModel<unknown, unknown>> {
  const loadOn = async (providers: SessionOptions['providers']) => {
    const used = new Set<string>()
    const model = await engine.load(files, {
      async createSession(graph) {
        const session = await runtime.createSession(graph, { providers })
        onProvider([...used.add(session.provider)].join('+'))
        return session
      },
    })
    try {
      await model.warmUp?.()
    } catch (error) {
      await model.release()
      if ([...used].every((provider) => provider === 'cpu')) throw error
      return loadOn(['cpu'])
    }
    return model
  }
  return loadOn(files.manifest.providers)
}
