import type { DenoiserEngine } from '../denoiser'
import { bandMaskEngine } from './band-mask'
import { dtlnEngine } from './dtln'
import { rnnoiseEngine } from './rnnoise'

/** Every network architecture that noise removal can run; a manifest's `engine` is one of their ids. */
export const denoiserEngines: DenoiserEngine[] = [bandMaskEngine, dtlnEngine, rnnoiseEngine]
