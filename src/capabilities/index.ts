import { accentChanger } from './accent-changer'
import { backgroundMusic } from './background-music'
import type { CapabilityDefinition } from './capability'
import { dubbing } from './dubbing'
import { noiseRemoval } from './noise-removal'
import { soundEffects } from './sound-effects'
import { speechToText } from './speech-to-text'
import { createCapabilityRegistry, type CapabilityRegistry } from './registry'
import { textToSpeech } from './text-to-speech'
import { translation } from './translation'
import { vibeMusic } from './vibe-music'
import { voiceChanger } from './voice-changer'
import { voiceEditor } from './voice-editor'
import { voiceSample } from './voice-sample'
import { watermarkDetection } from './watermark-detection'

export type {
  AskedJob,
  CapabilityDefinition,
  CapabilityHandler,
  CapabilityLimits,
  CapabilityTask,
  EarlierWork,
  HandlerContext,
  HelperModel,
  InputKind,
  OutputKind,
  Pronunciation,
  ResourceReferences,
  SubTask,
  TaskArtifact,
  TaskFile,
  TaskInput,
  TaskReport,
  TaskResources,
  TaskResult,
  TaskVoice,
  TranslationServer,
} from './capability'
export { noResources, parameterJsonSchema } from './capability'
export { isLibraryVoice, presetVoiceKind } from './speech-models'
export { createCapabilityRegistry, type CapabilityRegistry } from './registry'

/** Every capability of the product. A new one is a folder and a line here. */
export const capabilityDefinitions: readonly CapabilityDefinition[] = [
  noiseRemoval,
  soundEffects,
  speechToText,
  textToSpeech,
  voiceChanger,
  voiceEditor,
  dubbing,
  accentChanger,
  backgroundMusic,
  vibeMusic,
  translation,
  watermarkDetection,
  voiceSample(async () => (await import('./speech-to-text/listen-for-voices')).listenForVoices),
]

/** The registry of the product's own capabilities. */
export function createDefaultRegistry(): CapabilityRegistry {
  return createCapabilityRegistry(capabilityDefinitions)
}
