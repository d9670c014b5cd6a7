import type { EditAction } from '../../audio/edit-list'
import type { Manifest } from '../../inference'
import { AppError } from '../../platform/errors'
import type { VoiceEditorParameters } from './index'

/** What an engine does to sound; the first action is what it does by itself. */
const actionsOfEngine: Record<string, { actions: readonly EditAction[]; example: string }> = {
  mute: { actions: ['mute'], example: 'mute1' },
  'bleep-cut': { actions: ['cut', 'bleep'], example: 'mute2' },
}

/** The actions of one model. */
export interface ModelActions {
  byDefault: EditAction
  /** @throws AppError `invalid_parameter` that names a model which can do it. */
  allow(action: EditAction): EditAction
}

/**
 * Before any work is spent on it.
 * @throws AppError `invalid_parameter` where the parameters ask for what the model cannot do.
 */
export function refuseActions(actions: ModelActions, parameters: VoiceEditorParameters): void {
  if (parameters.action !== 'auto') actions.allow(parameters.action)
  for (const { action } of parameters.ranges) if (action) actions.allow(action)
  if (parameters.max_pause > 0) actions.allow('cut')
}

/** @throws AppError `model_not_found` where the model needs an engine of another version of the product. */
export function actionsOf({ id, engine }: Pick<Manifest, 'id' | 'engine'>): ModelActions {
  const known = actionsOfEngine[engine]
  if (!known) {
    throw new AppError('model_not_found', {
      message: `The model “${id}” needs the engine “${engine}”, which this version does not have.`,
    })
  }
  return {
    byDefault: known.actions[0]!,
    allow(action) {
      if (known.actions.includes(action)) return action
      const other = Object.values(actionsOfEngine).find(({ actions }) => actions.includes(action))
      throw new AppError('invalid_parameter', {
        message: `action: the model “${id}” can ${known.actions.join(' or ')}, not ${action}. Take “${other!.example}” for that.`,
      })
    },
  }
}
