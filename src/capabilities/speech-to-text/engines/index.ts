import type { SpeechEngines } from '../handler'
import { nemoCtcEngine } from './nemo-ctc'
import { nemoTransducerEngine } from './nemo-transducer'
import { sileroVadEngine } from './silero-vad'
import { timbreVadEngine } from './timbre-vad'
import { voskEngine } from './vosk'
import { whisperEngine } from './whisper'

/** Every network architecture that speech to text can run. A new one is a file and a line here. */
export const speechEngines: SpeechEngines = {
  recognizers: [nemoCtcEngine, nemoTransducerEngine, voskEngine, whisperEngine],
  voiceActivity: [timbreVadEngine, sileroVadEngine],
  speakerEmbedding: [],
}
