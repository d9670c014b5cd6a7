import { Icon } from '~/components/icon'
import { formatDuration } from '~/words/format'

interface CostEstimateProps {
  /** Null where the length is not known before the studio has decoded the recording. */
  durationSeconds: number | null
  secondsRemaining: number
}

/** What a download will take from the balance, said before anything is started. */
export function CostEstimate({ durationSeconds, secondsRemaining }: CostEstimateProps) {
  return (
    <div className="cost" role="status">
      <Icon name="info" size={18} />
      <p>{costInWords(durationSeconds, secondsRemaining)}</p>
    </div>
  )
}

export function costInWords(durationSeconds: number | null, secondsRemaining: number): string {
  const left = formatDuration(secondsRemaining, Math.floor)
  if (durationSeconds === null) {
    return `The preview is free. A download costs the length of the recording, once; you have ${left} left.`
  }
  const cost = formatDuration(durationSeconds)
  if (Math.ceil(durationSeconds) > secondsRemaining) {
    return `The preview is free. The download would cost ${cost}, and you have ${left} left: too little for this one.`
  }
  return `Costs ${cost} of your ${left} when you download it, once. The preview is free.`
}
