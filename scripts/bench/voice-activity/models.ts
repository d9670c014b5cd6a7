import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine, LoadedModel } from '../../../src/inference/engine'
import { manifestSchema } from '../../../src/inference/manifest'
import { createOrtRuntime } from '../../../src/inference/ort-runtime'

export const runtime = createOrtRuntime({ providers: ['cpu'] })

/** Loads a model of `models/<capability>`, its files from beside the manifest or a mirror folder; else says what is missing. */
export async function openModel<Input, Output>(
  capability: string,
  id: string,
  engines: readonly Engine<Input, Output>[],
  mirror: string,
): Promise<LoadedModel<Input, Output> | string> {
  const folder = join('models', capability, id)
  if (!existsSync(join(folder, 'manifest.json'))) return `no manifest in ${folder}`
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
  const pathOf = (name: string) => {
    const file = manifest.files.find(({ path }) => path === name)
    const beside = join(folder, name)
    return existsSync(beside) ? beside : join(mirror, file?.mirror ?? `${id}/${name}`)
  }
  for (const { path } of manifest.files) if (!existsSync(pathOf(path))) return `not at hand: ${pathOf(path)}`
  const engine = engines.find((candidate) => candidate.id === manifest.engine)
  return engine ? engine.load({ manifest, path: pathOf }, runtime) : `no engine “${manifest.engine}”`
}
