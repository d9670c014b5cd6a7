import type { VoiceChangerEngine } from '../changer'
import { openVoiceEngine } from './openvoice'
import { worldEngine } from './world'

/** Every way of changing a voice. A new one is a file and a line here. */
export const voiceChangerEngines: readonly VoiceChangerEngine[] = [openVoiceEngine, worldEngine]
