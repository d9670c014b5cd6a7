import { createRandom } from '../../../../audio/synthesis/noise'
import type { PcmBlock } from '../../../../audio/pcm'
import { AppError } from '../../../../platform/errors'
import type { EffectEngine, EffectPlan, EffectRequest } from '../../synthesizer'
import { effectFamilies, sampleRateHz } from './effect'
import { effects } from './effects'
import { renderScene } from './render'
import type { Layer, Scene } from './scene'
import { timelineOf } from './timeline'
import { titleOf, understand, type Understanding } from './understanding/describe'

/** So many sounds of one scene at most. */
const mostLayers = 12
const residentBytes = 4 * 1024 * 1024

/**
 * Effects by synthesis: a description is read with a vocabulary of its own, and physically or spectrally informed
 * synthesisers make what it names. Nothing is recorded and nothing is trained; the same seed gives the same samples.
 */
export const foleyEngine: EffectEngine = {
  id: 'foley',
  load: () =>
    Promise.resolve({
      bytes: residentBytes,
      // Promised, so that what it throws is a rejection.
      run: (request) => new Promise<EffectPlan>((resolve) => resolve(planOf(request))),
      release: () => Promise.resolve(),
    }),
}

function planOf({ text: wanted, parameters, seed }: EffectRequest): EffectPlan {
  const { size, intensity, distance, duration_seconds, loop, channels, prompt_influence } = parameters
  // A comma would end what “without” leaves out.
  const unwanted = parameters.negative_prompt.trim().replaceAll(/[,;]/g, ' and ')
  const text = unwanted === '' ? wanted : `${wanted}. Without ${unwanted}`
  const read = understand(text, { size, intensity, distance })
  if (read.scene.layers.length === 0) throw nothingKnown(read)
  const warnings = [...read.warnings]
  if (read.scene.layers.length > mostLayers) {
    warnings.push(
      `The description names ${read.scene.layers.length} sounds; the first ${mostLayers} are made.`,
    )
  }
  const scene = varied(
    { ...read.scene, layers: read.scene.layers.slice(0, mostLayers) },
    1 - prompt_influence,
    seed,
  )
  const timeline = timelineOf(scene, duration_seconds, seed)
  const request = { scene, timeline, loop, fills: duration_seconds !== null, seed }
  return {
    ...{ sampleRateHz, channels, frames: timeline.frames, warnings },
    *blocks() {
      for (const block of renderScene(request)) yield channels === 1 ? mono(block) : block
    },
    understood: {
      effects: scene.layers.map((layer, index) => ({
        ...{
          effect: layer.effect,
          title: titleOf(layer.effect, layer.variant),
          phrase: read.phrases[index] ?? '',
        },
        ...{ variant: layer.variant, count: layer.count },
        start_seconds: rounded(timeline.steps[layer.step]!.startSeconds),
        ...{ size: rounded(layer.size), intensity: rounded(layer.intensity) },
        ...{ distance: rounded(layer.distance), rate: rounded(layer.rate) },
      })),
      ...{
        space: scene.space,
        left_out: read.excluded,
        ignored_words: [...new Set(read.ignored)].slice(0, 40),
      },
      ...{ seed, loop },
    },
  }
}

function nothingKnown({ excluded, warnings }: Understanding): AppError {
  const asked =
    excluded.length > 0
      ? 'The description leaves out all that it names.'
      : 'The description names no effect that is known, nor anything near one.'
  const families = effectFamilies.map((family) => {
    const examples = effects.filter((effect) => effect.family === family).slice(0, 3)
    return `${family} (${examples.map(({ title }) => title.toLowerCase()).join(', ')} …)`
  })
  return new AppError('invalid_parameter', {
    details: { warnings, families: [...effectFamilies] },
    message: `${asked} There are ${effects.length} effects: ${families.join('; ')}.`,
  })
}

/** How freely a seed takes the description: sizes, strengths and speeds a little to either side. */
function varied(scene: Scene, freedom: number, seed: number): Scene {
  const random = createRandom(seed ^ 0x51ed270b)
  const around = (value: number) => Math.min(1, Math.max(0, value + 0.22 * freedom * random.gaussian()))
  const layers = scene.layers.map((layer): Layer => ({
    ...layer,
    size: around(layer.size),
    intensity: around(layer.intensity),
    rate: layer.rate * Math.pow(2, 0.35 * freedom * random.gaussian()),
  }))
  return { ...scene, layers }
}

function mono({ channels: [left, right] }: PcmBlock): PcmBlock {
  return { channels: [left!.map((sample, index) => 0.5 * (sample + right![index]!))] }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
