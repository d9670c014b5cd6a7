import type { EffectEngine } from '../synthesizer'
import { foleyEngine } from './foley'
import { latentDiffusionEngine } from './latent-diffusion'

/** Every way of making effects; a manifest's `engine` is one of their ids. */
export const effectEngines: EffectEngine[] = [foleyEngine, latentDiffusionEngine]
