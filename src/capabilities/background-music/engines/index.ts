import type { MusicEngine } from '../musician'
import { composerEngine } from './composer'
import { diffrhythmEngine } from './diffrhythm'
import { musicgenEngine } from './musicgen'

/** Every way of making music; a manifest's `engine` is one of their ids. */
export const musicEngines: MusicEngine[] = [composerEngine, musicgenEngine, diffrhythmEngine]
