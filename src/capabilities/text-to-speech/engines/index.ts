import type { SpeechSynthesisEngines } from '../voice-model'
import { harmonicVocoderEngine } from './harmonic-vocoder'
import { hifiganEngine } from './hifigan'
import { kokoroEngine } from './kokoro'
import { tacotron2Engine } from './tacotron2'
import { vitsEngine } from './vits'
import { waveglowEngine } from './waveglow'

export { letterToSoundEngine } from './letter-to-sound'

/** Every network architecture that text to speech can run. A new one is a file and a line here. */
export const speechSynthesisEngines: SpeechSynthesisEngines = {
  voices: [tacotron2Engine, vitsEngine, kokoroEngine],
  vocoders: [harmonicVocoderEngine, hifiganEngine, waveglowEngine],
}
