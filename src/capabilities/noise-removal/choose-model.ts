import type { ModelFiles } from '../../inference/engine'
import { AppError } from '../../platform/errors'
import type { HandlerContext } from '../capability'
import type { DenoiserEngine } from './denoiser'
import type { NoiseRemovalParameters } from './index'
import type { Content } from './listen'
import type { SeparatorEngine } from './separator'

/** What a model keeps of a recording. */
export type ModelMode = Exclude<NoiseRemovalParameters['mode'], 'auto'>

/** The model that does a task, with its engine. */
export type ChosenModel = { files: ModelFiles; warnings: string[] } & (
  { mode: 'speech' | 'music'; engine: DenoiserEngine } | { mode: 'stems'; engine: SeparatorEngine }
)

export interface ModelChoice {
  own: ModelFiles
  parameters: Pick<NoiseRemovalParameters, 'mode' | 'output'>
  engines: { denoisers: readonly DenoiserEngine[]; separators: readonly SeparatorEngine[] }
  context: Pick<HandlerContext, 'helperModel' | 'helperModels'>
  /** What the recording is; asked only where the choice depends on it. */
  listen(): Promise<Content>
}

const kind = 'noise-removal'

/**
 * The task's model where it does what is asked, else another one of the installation that does. A model that the client
 * chose is what decides in mode `auto`; the default one gives way where the recording is music.
 *
 * @throws AppError `model_file_missing` where a mode was asked for that no installed model has, `model_not_found` where
 * the model's engine is unknown.
 */
export async function chooseModel(choice: ModelChoice): Promise<ChosenModel> {
  const { own, parameters, engines } = choice
  const ownModel = opened(own, engines)
  if (!ownModel) {
    throw new AppError('model_not_found', {
      message: `The model “${own.manifest.id}” needs the engine “${own.manifest.engine}”, which this version does not have.`,
    })
  }
  const { mode } = parameters
  if (mode !== 'auto') {
    if (mode === ownModel.mode) return ownModel
    const other = find(mode, choice)
    if (other) return { ...other, warnings: insteadOf(own, other.files, choice) }
    throw new AppError('model_file_missing', { message: noModelFor(mode) })
  }
  const isDefault = own.manifest.id === choice.context.helperModel(kind)?.manifest.id
  if (!isDefault || ownModel.mode !== 'speech' || (await choice.listen()) === 'speech') return ownModel
  const forMusic = find('music', choice)
  if (forMusic) return forMusic
  return {
    ...ownModel,
    warnings: [`This sounds like music. ${noModelFor('music')} It was treated as speech.`],
  }
}

function find(mode: ModelMode, { context, engines }: ModelChoice): ChosenModel | null {
  for (const { files, installed } of context.helperModels(kind)) {
    const model = installed ? opened(files, engines) : null
    if (model?.mode === mode) return model
  }
  return null
}

function opened(files: ModelFiles, { denoisers, separators }: ModelChoice['engines']): ChosenModel | null {
  const { engine: id, options } = files.manifest
  const separator = separators.find((engine) => engine.id === id)
  if (separator) return { mode: 'stems', engine: separator, files, warnings: [] }
  const denoiser = denoisers.find((engine) => engine.id === id)
  if (!denoiser) return null
  return { mode: options.keeps === 'music' ? 'music' : 'speech', engine: denoiser, files, warnings: [] }
}

/** Nobody needs to be told where nobody chose. */
function insteadOf(own: ModelFiles, used: ModelFiles, { context, parameters }: ModelChoice): string[] {
  if (own.manifest.id === context.helperModel(kind)?.manifest.id) return []
  return [
    `The model “${own.manifest.id}” is not made for the mode “${parameters.mode}”: “${used.manifest.id}” was used.`,
  ]
}

function noModelFor(mode: ModelMode): string {
  if (mode === 'stems') {
    return 'No model that takes songs apart is installed. The operator can fetch one with: npm run models pull htdemucs.'
  }
  return `No model for ${mode} is installed.`
}
