import type { MusicMaker } from '../music-maker'
import { composerMaker } from './composer'
import { ddspMaker } from './ddsp'
import { effectsMaker } from './effects'

/** Every way of making a clip's music; a manifest's `engine` names one of them. */
export const musicMakers: readonly MusicMaker[] = [composerMaker, ddspMaker, effectsMaker]
