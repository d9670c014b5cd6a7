import type { DenoiserEngine } from '../denoiser'
import type { SeparatorEngine } from '../separator'
import { bandMaskEngine } from './band-mask'
import { dtlnEngine } from './dtln'
import { htdemucsEngine } from './htdemucs'
import { rnnoiseEngine } from './rnnoise'
import { steadyNoiseEngine } from './steady-noise'

/** Every network architecture that noise removal can run; a manifest's `engine` is one of their ids. */
export const denoiserEngines: DenoiserEngine[] = [
  bandMaskEngine,
  dtlnEngine,
  rnnoiseEngine,
  steadyNoiseEngine,
]

export const separatorEngines: SeparatorEngine[] = [htdemucsEngine]
