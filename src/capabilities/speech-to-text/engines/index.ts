import type { SpeechEngines } from '../handler'
import { ctcEngine } from './ctc'
import { nemoCtcEngine } from './nemo-ctc'
import { nemoTransducerEngine } from './nemo-transducer'
import { sileroVadEngine } from './silero-vad'
import { speakerEmbeddingEngine } from './speaker-embedding'
import { timbreVadEngine } from './timbre-vad'
import { voskEngine } from './vosk'
import { whisperEngine } from './whisper'

/** Every network architecture that speech to text can run. A new one is a file and a line here. */
export const speechEngines: SpeechEngines = {
  recognizers: [ctcEngine, nemoCtcEngine, nemoTransducerEngine, voskEngine, whisperEngine],
  voiceActivity: [timbreVadEngine, sileroVadEngine],
  speakerEmbedding: [speakerEmbeddingEngine],
}
