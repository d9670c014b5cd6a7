import type { DenoiserEngine } from '../denoiser'
import type { SeparatorEngine } from '../separator'
import { bandMaskEngine } from './band-mask'
import { deepFilterNetEngine } from './deepfilternet'
import { dtlnEngine } from './dtln'
import { gtcrnEngine } from './gtcrn'
import { htdemucsEngine } from './htdemucs'
import { rnnoiseEngine } from './rnnoise'
import { steadyNoiseEngine } from './steady-noise'

/** Every network architecture that noise removal can run; a manifest's `engine` is one of their ids. */
export const denoiserEngines: DenoiserEngine[] = [
  bandMaskEngine,
  deepFilterNetEngine,
  dtlnEngine,
  gtcrnEngine,
  rnnoiseEngine,
  steadyNoiseEngine,
]

export const separatorEngines: SeparatorEngine[] = [htdemucsEngine]
