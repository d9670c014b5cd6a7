import { z } from 'zod'
import type { ModelFiles } from '../../../inference/engine'
import { floats } from '../../../inference/float-tensor'
import type { Runtime, Session } from '../../../inference/runtime'
import { AppError } from '../../../platform/errors'
import { SPEECH_RATE_HZ } from '../speech-regions'
import type {
  VoiceActivityEngine,
  VoiceActivityInput,
  VoiceActivityOutput,
  VoiceActivityState,
} from '../voice-activity'

/**
 * A convolutional recurrent network on samples, the architecture of the starter model (scripts/train/voice-activity).
 *
 * The graph: inputs `samples` [1, before + frame · T + after] and `state_in` (a recurrent state, zero at first); outputs
 * `probabilities` [T] and `state_out`. Each frame sees `before_samples` before it and `after_samples` behind it; the
 * stream is led by silence, and a frame becomes complete when what is behind it has come.
 */
const optionsSchema = z.object({
  frame_samples: z.int().positive(),
  before_samples: z.int().nonnegative(),
  after_samples: z.int().nonnegative(),
  state_shape: z.array(z.int().positive()).min(1),
})

type Options = z.infer<typeof optionsSchema>

/** Frames a network call: about two seconds. */
const FRAMES_PER_CALL = 64

interface State extends VoiceActivityState {
  memory: Float32Array
  /** The samples that frames to come still see. */
  samples: Float32Array
}

export const timbreVadEngine: VoiceActivityEngine = {
  id: 'timbre-vad',
  async load(model: ModelFiles, runtime: Runtime) {
    const options = optionsSchema.parse(model.manifest.options)
    const file = model.manifest.files[0]!
    const session = await runtime.createSession(model.path(file.path))
    return {
      // Weights are 16-bit in the file and 32-bit in memory, beside a transform of a megabyte.
      bytes: 3 * (file.bytes ?? 0) + 2 ** 20,
      run: (input, job) => detect(session, options, input, job.signal),
      release: () => session.release(),
    }
  },
}

async function detect(
  session: Session,
  options: Options,
  input: VoiceActivityInput,
  signal: AbortSignal,
): Promise<VoiceActivityOutput> {
  const { frame_samples: frameSamples, before_samples: before, state_shape: stateShape } = options
  const state = (input.state as State | null) ?? emptyState(options)
  const samples = new Float32Array(state.samples.length + input.samples.length)
  samples.set(state.samples)
  samples.set(input.samples, state.samples.length)
  const around = before + options.after_samples
  const frames = Math.max(0, Math.floor((samples.length - around) / frameSamples))
  const probabilities = new Float32Array(frames)
  let memory = state.memory
  for (let frame = 0; frame < frames; frame += FRAMES_PER_CALL) {
    signal.throwIfAborted()
    const count = Math.min(FRAMES_PER_CALL, frames - frame)
    const start = frame * frameSamples
    const seen = samples.subarray(start, start + around + count * frameSamples)
    const outputs = await session.run({
      samples: { data: seen, dims: [1, seen.length] },
      state_in: { data: memory, dims: stateShape },
    })
    const found = floats(outputs, 'probabilities').data
    if (found.length !== count) {
      throw new AppError('model_corrupt', {
        message: `The voice-activity model gives ${found.length} frames where its manifest says ${count}.`,
      })
    }
    probabilities.set(found, frame)
    memory = floats(outputs, 'state_out').data
  }
  const rest: State = { kind: 'voice-activity-state', memory, samples: samples.slice(frames * frameSamples) }
  return { probabilities, hopSeconds: frameSamples / SPEECH_RATE_HZ, state: rest }
}

function emptyState({ before_samples: before, state_shape: stateShape }: Options): State {
  const size = stateShape.reduce((product, length) => product * length, 1)
  return {
    kind: 'voice-activity-state',
    memory: new Float32Array(size),
    samples: new Float32Array(before),
  }
}
