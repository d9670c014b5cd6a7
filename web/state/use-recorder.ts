import { useCallback, useEffect, useRef, useState } from 'react'

export type RecorderState =
  | { phase: 'idle' }
  | { phase: 'asking' }
  | { phase: 'recording'; seconds: number; level: number }
  | { phase: 'refused'; reason: RecorderProblem }

export interface RecorderProblem {
  title: string
  advice: string
}

interface Session {
  recorder: MediaRecorder
  stream: MediaStream
  context: AudioContext
  startedAt: number
  keep: boolean
}

const tickMs = 80
// The browser's own clean-up would change the sound before the studio hears it.
const rawMicrophone = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }

/**
 * Records the microphone.
 *
 * @param limitSeconds recording ends by itself here
 * @param onRecorded gets the file and its length
 */
export function useRecorder(limitSeconds: number | null, onRecorded: (file: File, seconds: number) => void) {
  const [state, setState] = useState<RecorderState>({ phase: 'idle' })
  const session = useRef<Session | null>(null)
  const deliver = useRef(onRecorded)
  useEffect(() => {
    deliver.current = onRecorded
  })

  const end = useCallback((keep: boolean) => {
    const current = session.current
    if (!current) return
    current.keep = keep
    if (current.recorder.state !== 'inactive') current.recorder.stop()
  }, [])

  const begin = useCallback(async () => {
    if (session.current) return
    setState({ phase: 'asking' })
    try {
      const current = await openMicrophone()
      session.current = current
      const chunks: Blob[] = []
      const readLevel = createLevelMeter(current)
      const timer = setInterval(() => {
        const seconds = elapsedSeconds(current)
        if (limitSeconds && seconds >= limitSeconds) end(true)
        else setState({ phase: 'recording', seconds, level: readLevel() })
      }, tickMs)
      current.recorder.ondataavailable = (event) => chunks.push(event.data)
      current.recorder.onstop = () => {
        clearInterval(timer)
        session.current = null
        const seconds = elapsedSeconds(current)
        closeMicrophone(current)
        setState({ phase: 'idle' })
        if (current.keep) deliver.current(toFile(chunks, current.recorder.mimeType), seconds)
      }
      current.recorder.start(1000)
      setState({ phase: 'recording', seconds: 0, level: 0 })
    } catch (error) {
      setState({ phase: 'refused', reason: explainRefusal(error) })
    }
  }, [end, limitSeconds])

  useEffect(
    () => () => {
      end(false)
    },
    [end],
  )

  return {
    state,
    begin,
    finish: () => {
      end(true)
    },
    discard: () => {
      end(false)
    },
  }
}

async function openMicrophone(): Promise<Session> {
  // Browsers hide the microphone from pages that did not come over a secure connection.
  if (!('mediaDevices' in navigator)) throw new DOMException('insecure', 'SecurityError')
  const stream = await navigator.mediaDevices.getUserMedia({ audio: rawMicrophone })
  const recorder = new MediaRecorder(stream, { audioBitsPerSecond: 192_000 })
  return { recorder, stream, context: new AudioContext(), startedAt: performance.now(), keep: false }
}

function closeMicrophone({ stream, context }: Session): void {
  for (const track of stream.getTracks()) track.stop()
  void context.close()
}

/** Level from 0 to 1, where 0 is −60 dB and 1 full scale. */
function createLevelMeter({ context, stream }: Session): () => number {
  const analyser = context.createAnalyser()
  analyser.fftSize = 2048
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  return () => {
    analyser.getFloatTimeDomainData(samples)
    const peak = samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0)
    return Math.min(1, Math.max(0, 1 + Math.log10(Math.max(peak, 1e-4)) / 3))
  }
}

function elapsedSeconds({ startedAt }: Session): number {
  return (performance.now() - startedAt) / 1000
}

function toFile(chunks: Blob[], type: string): File {
  const extension = type.includes('mp4') ? 'm4a' : type.includes('ogg') ? 'ogg' : 'webm'
  const stamp = new Date().toISOString().slice(0, 16).replace('T', ' ').replace(':', '.')
  return new File(chunks, `Recording ${stamp}.${extension}`, { type: type.split(';')[0] })
}

export function explainRefusal(error: unknown): RecorderProblem {
  const name = error instanceof DOMException ? error.name : ''
  switch (name) {
    case 'NotAllowedError':
      return {
        title: 'The microphone is blocked',
        advice: 'Allow the microphone for this page: the button is beside the address. Then try again.',
      }
    case 'NotFoundError':
    case 'OverconstrainedError':
      return { title: 'No microphone was found', advice: 'Plug one in, or choose a file instead.' }
    case 'NotReadableError':
    case 'AbortError':
      return {
        title: 'The microphone is in use',
        advice: 'Another program holds it. Close that program, then try again.',
      }
    case 'SecurityError':
      return {
        title: 'Recording needs a secure connection',
        advice: 'Open this page over https or on localhost, or choose a file instead.',
      }
    default:
      return {
        title: 'This browser cannot record',
        advice: 'Record with another program and choose the file.',
      }
  }
}
