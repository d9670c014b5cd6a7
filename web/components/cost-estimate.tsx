import { Icon } from '~/components/icon'
import { formatDuration, plural } from '~/words/format'

type Charged = 'recording' | 'speech' | 'sound'

interface CostEstimateProps {
  /** Null where the length is not known before the studio has decoded the recording. */
  durationSeconds: number | null
  secondsRemaining: number
  /** What is charged; the length of speech is a guess by its text. */
  of?: Charged
  /** Nothing is charged for what these settings make. */
  free: boolean
  /** Computing seconds for each second of the recording; null where nobody knows yet. */
  realTimeFactor: number | null
}

/** What a download will take from the balance, said before anything is started. */
export function CostEstimate({
  durationSeconds,
  secondsRemaining,
  of = 'recording',
  free,
  realTimeFactor,
}: CostEstimateProps) {
  const cost = free
    ? 'A trial run is free, and so is what it finds.'
    : costInWords(durationSeconds, secondsRemaining, of)
  return (
    <div className="cost" role="status">
      <Icon name="info" size={18} />
      <p>
        {cost} {waitInWords(durationSeconds, realTimeFactor)}
      </p>
    </div>
  )
}

export function costInWords(
  durationSeconds: number | null,
  secondsRemaining: number,
  of: Charged = 'recording',
): string {
  const left = formatDuration(secondsRemaining, Math.floor)
  if (durationSeconds === null) {
    return `The preview is free. A download costs the length of the ${of}, once; you have ${left} left.`
  }
  const cost = `${of === 'speech' ? 'about ' : ''}${formatDuration(durationSeconds)}`
  if (Math.ceil(durationSeconds) > secondsRemaining) {
    return `The preview is free. The download would cost ${cost}, and you have ${left} left: too little for this one.`
  }
  return `Costs ${cost} of your ${left} when you download it, once. The preview is free.`
}

/** Waiting is worth a word where it takes more than a moment. */
export function waitInWords(durationSeconds: number | null, realTimeFactor: number | null): string {
  const seconds = (durationSeconds ?? 0) * (realTimeFactor ?? 0)
  if (seconds < 20) return ''
  if (seconds < 90) return `Takes about ${Math.round(seconds / 10) * 10} seconds.`
  return `Takes about ${plural(Math.round(seconds / 60), 'minute')}.`
}
