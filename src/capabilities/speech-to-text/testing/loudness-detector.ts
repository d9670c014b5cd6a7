import type { LoadedModel } from '../../../inference/engine'
import type { VoiceActivityInput, VoiceActivityOutput, VoiceActivityState } from '../voice-activity'

interface Rest extends VoiceActivityState {
  samples: Float32Array
}

/** A detector for tests: a frame's probability of speech is its mean magnitude. Sees a frame of 512 at a time. */
export function loudnessDetector(): LoadedModel<VoiceActivityInput, VoiceActivityOutput> & {
  longestInput: number
} {
  const detector = {
    bytes: 0,
    longestInput: 0,
    run(input: VoiceActivityInput): Promise<VoiceActivityOutput> {
      detector.longestInput = Math.max(detector.longestInput, input.samples.length)
      const rest = (input.state as Rest | null)?.samples ?? new Float32Array()
      const samples = new Float32Array(rest.length + input.samples.length)
      samples.set(rest)
      samples.set(input.samples, rest.length)
      const frames = Math.floor(samples.length / 512)
      const probabilities = Float32Array.from({ length: frames }, (_, frame) => {
        let sum = 0
        for (let at = frame * 512; at < (frame + 1) * 512; at++) sum += Math.abs(samples[at]!)
        return sum / 512
      })
      const state: Rest = { kind: 'voice-activity-state', samples: samples.slice(frames * 512) }
      return Promise.resolve({ probabilities, hopSeconds: 0.032, state })
    },
    release: () => Promise.resolve(),
  }
  return detector
}
