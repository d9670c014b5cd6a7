import { readFile } from 'node:fs/promises'
import type { ModelFiles } from '../../../inference/engine'
import { floats } from '../../../inference/float-tensor'
import type { Runtime, Session } from '../../../inference/runtime'
import { SPEECH_RATE_HZ } from '../speech-regions'
import type {
  VoiceActivityEngine,
  VoiceActivityInput,
  VoiceActivityOutput,
  VoiceActivityState,
} from '../voice-activity'
import { sileroVadGraph, STEP_WINDOW, STEPS } from './silero-vad-graph'

/**
 * Silero VAD 5 and 6 at 16 kHz (https://github.com/snakers4/silero-vad) from the published `silero_vad_16k_op15.onnx`: a
 * frame is 512 samples after 64 samples of context, mirrored by 64 at its end.
 */

const FRAME = 512
const CONTEXT = 64
const PADDED = CONTEXT + FRAME + 64
const STEP = 128
/** Frames a network call: two seconds. More gains nothing and holds cancel up. */
const FRAMES_PER_CALL = 63

interface State extends VoiceActivityState {
  h: Float32Array
  c: Float32Array
  /** The last 64 samples that were used, and those that did not fill a frame. */
  samples: Float32Array
}

export const sileroVadEngine: VoiceActivityEngine = {
  id: 'silero-vad',
  async load(model: ModelFiles, runtime: Runtime) {
    const { graph, hidden } = sileroVadGraph(await readFile(model.path(model.manifest.files[0]!.path)))
    const session = await runtime.createSession(graph)
    return {
      bytes: 2 * graph.length,
      run: (input, job) => detect(session, hidden, input, job.signal),
      release: () => session.release(),
    }
  },
}

async function detect(
  session: Session,
  hidden: number,
  input: VoiceActivityInput,
  signal: AbortSignal,
): Promise<VoiceActivityOutput> {
  const state = (input.state as State | null) ?? emptyState(hidden)
  const samples = new Float32Array(state.samples.length + input.samples.length)
  samples.set(state.samples)
  samples.set(input.samples, state.samples.length)
  const frames = Math.floor((samples.length - CONTEXT) / FRAME)
  const probabilities = new Float32Array(frames)
  let { h, c } = state
  for (let frame = 0; frame < frames; frame += FRAMES_PER_CALL) {
    signal.throwIfAborted()
    const count = Math.min(FRAMES_PER_CALL, frames - frame)
    const outputs = await session.run({
      steps: { data: stepsOf(samples, frame, count), dims: [count * STEPS, STEP_WINDOW] },
      h: { data: h, dims: [1, 1, hidden] },
      c: { data: c, dims: [1, 1, hidden] },
    })
    probabilities.set(floats(outputs, 'probabilities').data, frame)
    h = floats(outputs, 'h_out').data
    c = floats(outputs, 'c_out').data
  }
  const rest: State = { kind: 'voice-activity-state', h, c, samples: samples.slice(frames * FRAME) }
  return { probabilities, hopSeconds: FRAME / SPEECH_RATE_HZ, state: rest }
}

/** The windows of `count` frames; each frame is mirrored at its own end. */
function stepsOf(samples: Float32Array, first: number, count: number): Float32Array {
  const steps = new Float32Array(count * STEPS * STEP_WINDOW)
  const padded = new Float32Array(PADDED)
  const length = CONTEXT + FRAME
  for (let frame = 0; frame < count; frame++) {
    const start = (first + frame) * FRAME
    padded.set(samples.subarray(start, start + length))
    for (let n = length; n < PADDED; n++) padded[n] = padded[2 * length - 2 - n]!
    for (let step = 0; step < STEPS; step++) {
      steps.set(padded.subarray(step * STEP, step * STEP + STEP_WINDOW), (frame * STEPS + step) * STEP_WINDOW)
    }
  }
  return steps
}

function emptyState(hidden: number): State {
  return {
    kind: 'voice-activity-state',
    h: new Float32Array(hidden),
    c: new Float32Array(hidden),
    samples: new Float32Array(CONTEXT),
  }
}
