import type { PcmBlock } from '../../audio/pcm'
import { AppError } from '../../platform/errors'
import type { ModelLease } from '../../inference/model-cache'
import type { CapabilityTask, HandlerContext } from '../capability'
import { chooseModel, type ChosenModel, type ModelChoice } from './choose-model'
import type { DenoiserInput, DenoiserOutput } from './denoiser'
import type { NoiseRemovalParameters } from './index'
import { contentOf, levelOf, type HeardAudio } from './listen'
import { mixResult } from './mix'
import type { ModelStreamBlock } from './model-stream'
import { drawShifts, stemNames, vocals, type SeparatorInput, type SeparatorOutput } from './separator'

/** A loaded model, and how its results become the task's. */
export interface Treatment {
  chosen: ChosenModel
  /** Execution provider of the model. */
  provider: string
  /** Files beside the output, by what is in them. */
  partNames: readonly string[]
  run(input: DenoiserInput): Promise<AsyncIterable<readonly PcmBlock[]>>
  /** The output, and what goes into the files beside it. */
  combine(block: ModelStreamBlock): { output: PcmBlock; parts: readonly PcmBlock[] }
  release(): void
}

type Task = CapabilityTask<NoiseRemovalParameters>

export function inputPath(task: Task): string {
  if (task.input.kind === 'audio') return task.input.path
  throw new AppError('invalid_parameter', { message: 'Noise removal takes a recording, not text.' })
}

export async function openTreatment(
  task: Task,
  audio: HeardAudio,
  engines: ModelChoice['engines'],
  context: HandlerContext,
): Promise<Treatment> {
  const { parameters } = task
  const chosen = await chooseModel({
    ...{ own: task.model, parameters, engines, context },
    listen: () => contentOf(audio),
  })
  if (chosen.mode !== 'stems') {
    const lease = await context.models.acquire(chosen.engine, chosen.files)
    return denoising(chosen, lease, parameters, context)
  }
  const level = await levelOf(inputPath(task), task.maxInputSeconds, context)
  const lease = await context.models.acquire(chosen.engine, chosen.files)
  const { sampleRateHz } = chosen.files.manifest
  const shifts = drawShifts(parameters.shifts, sampleRateHz, context.seed)
  return separating(chosen, lease, { level, shifts }, parameters, context)
}

function denoising(
  chosen: ChosenModel,
  { model, provider, release }: ModelLease<DenoiserInput, DenoiserOutput>,
  parameters: NoiseRemovalParameters,
  context: HandlerContext,
): Treatment {
  async function* alone(output: DenoiserOutput) {
    for await (const block of output) yield [block]
  }
  const withParts = parameters.output === 'stems'
  return {
    ...{ chosen, provider, release },
    partNames: withParts ? ['clean', 'removed'] : [],
    run: async (input) => alone(await model.run(input, context)),
    combine({ recording, made }) {
      const mix = (output: 'clean' | 'residue') =>
        mixResult(recording, made[0]!, { strength: parameters.strength, output })
      if (parameters.output === 'residue') return { output: mix('residue'), parts: [] }
      const output = mix('clean')
      return { output, parts: withParts ? [output, mix('residue')] : [] }
    },
  }
}

function separating(
  chosen: ChosenModel,
  { model, provider, release }: ModelLease<SeparatorInput, SeparatorOutput>,
  heard: Pick<SeparatorInput, 'level' | 'shifts'>,
  { strength, output }: NoiseRemovalParameters,
  context: HandlerContext,
): Treatment {
  const names = stemNames(chosen.files.manifest)
  const voice = names.indexOf(vocals)
  const withParts = output === 'stems'
  return {
    ...{ chosen, provider, release },
    partNames: withParts ? names : [],
    run: (input) => model.run({ ...input, ...heard }, context),
    combine({ recording, made }) {
      if (made.length !== names.length) {
        throw new AppError('model_corrupt', { message: 'The model’s stems are not those of its manifest.' })
      }
      const mixed = mixResult(recording, made[voice]!, {
        strength,
        output: output === 'residue' ? 'residue' : 'clean',
      })
      return { output: mixed, parts: withParts ? made : [] }
    },
  }
}
