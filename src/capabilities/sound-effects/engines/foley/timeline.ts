import { createRandom } from '../../../../audio/synthesis/noise'
import { sampleRateHz } from './effect'
import { effectOf } from './effects'
import { countOf, everySeconds } from './layer-stream'
import { tailOf } from './place'
import type { Layer, Scene } from './scene'

export const longestSeconds = 600
export const shortestSeconds = 0.5

const textureSeconds = 6
const textureStepSeconds = 4
const endlessSeconds = 6

export interface Timeline {
  /** Of the whole, exactly so many frames. */
  frames: number
  /** Begin of each step, and its end where it has to make room for the next. */
  steps: { startSeconds: number; endSeconds: number | null }[]
}

/** How long one sound of an effect rings, by trying. */
function ringSeconds(layer: Layer, seed: number): number {
  const effect = effectOf(layer.effect)
  if (effect.kind === 'texture') return 0
  const { size, intensity, variant } = layer
  const rate = Math.min(4, Math.max(0.25, layer.rate))
  return effect.ring({ size, intensity, rate, variant, random: createRandom(seed) }).length / sampleRateHz
}

/** Length of a layer left to itself; null where it has none. */
function naturalSeconds(layer: Layer, seed: number): number | null {
  const effect = effectOf(layer.effect)
  if (effect.kind === 'texture') return null
  const count = countOf(effect, layer, false)
  if (count === Infinity) return null
  const every = everySeconds(effect, layer) * (effect.timing.pattern === 'poisson' ? 1.25 : 1)
  return (count - 1) * every + 1.1 * ringSeconds(layer, seed) + 0.1
}

/** When each step of a scene begins, and how long all of it is. */
export function timelineOf(scene: Scene, durationSeconds: number | null, seed: number): Timeline {
  const last = Math.max(...scene.layers.map(({ step }) => step))
  if (durationSeconds !== null && last === 0) {
    return {
      frames: Math.round(durationSeconds * sampleRateHz),
      steps: [{ startSeconds: 0, endSeconds: null }],
    }
  }
  const steps = Array.from({ length: last + 1 }, (_, step) => {
    const layers = scene.layers.filter((layer) => layer.step === step)
    const lengths = layers.map((layer) => naturalSeconds(layer, seed))
    const open = lengths.includes(null)
    const least = last === 0 ? endlessSeconds : textureStepSeconds
    const finite = Math.max(0, ...lengths.filter((length) => length !== null))
    return { open, seconds: open ? Math.max(finite, last === 0 ? textureSeconds : least) : finite }
  })
  if (durationSeconds !== null) stretch(steps, durationSeconds)
  const total =
    durationSeconds ?? steps.reduce((sum, { seconds }) => sum + seconds, tailOf(scene.space) * 0.7)
  const clipped = Math.min(longestSeconds, Math.max(shortestSeconds, total))
  let at = 0
  return {
    frames: Math.round(clipped * sampleRateHz),
    steps: steps.map(({ seconds, open }, step) => {
      const startSeconds = at
      at += seconds
      return { startSeconds, endSeconds: open && step < last ? at : null }
    }),
  }
}

/** Steps without a length of their own share what the others leave. */
function stretch(steps: { open: boolean; seconds: number }[], durationSeconds: number): void {
  const open = steps.filter((step) => step.open)
  const taken = steps.filter((step) => !step.open).reduce((sum, { seconds }) => sum + seconds, 0)
  const share = Math.max(0.5, (durationSeconds - taken) / Math.max(1, open.length))
  for (const step of open) step.seconds = share
  const total = steps.reduce((sum, { seconds }) => sum + seconds, 0)
  // Too little time for all of it: everything is brought forward alike, so that every step is heard.
  if (steps.length > 1 && total > durationSeconds)
    for (const step of steps) step.seconds *= durationSeconds / total
}
