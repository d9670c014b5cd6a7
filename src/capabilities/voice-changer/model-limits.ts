import type { Manifest } from '../../inference'
import type { AskedJob, ParameterProblem } from '../capability'
import type { VoiceChangerParameters } from './index'

/** Engines that turn a voice into another one, by what a network has learnt, and can do nothing else. */
const convertersOnly: readonly string[] = ['openvoice']

export function canShift({ engine }: Pick<Manifest, 'engine'>): boolean {
  return !convertersOnly.includes(engine)
}

/** What cannot be done of what is asked: there is no such voice, or the model cannot shift. */
export function changeProblems(
  parameters: VoiceChangerParameters,
  { model, hasVoice }: Pick<AskedJob, 'model' | 'hasVoice'>,
): ParameterProblem[] {
  const { target_voice_id: target } = parameters
  const problems: ParameterProblem[] = []
  if (target !== '' && !hasVoice(target)) {
    problems.push({
      path: 'target_voice_id',
      message: `There is no voice “${target}” to turn into. Choose one of the library or a preset.`,
    })
  }
  if (canShift(model)) return problems
  const { title } = model
  for (const path of ['pitch_semitones', 'formant_shift'] as const) {
    if (parameters[path] === null) continue
    problems.push({
      path,
      message: `“${title}” cannot shift by semitones: leave this out, or choose another model.`,
    })
  }
  if (parameters.target_voice_id === '') {
    problems.push({
      path: 'target_voice_id',
      message: `“${title}” needs a voice to turn into: name one, or choose another model.`,
    })
  }
  return problems
}
