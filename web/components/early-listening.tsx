import { SampleButton } from '~/components/sample-button'

/** The beginning of a result can be heard while the rest is still being made. */
export function EarlyListening({ src }: { src: string }) {
  return (
    <div className="early-listening">
      <SampleButton src={src} label="the beginning" />
      <span>Listen to the beginning already</span>
    </div>
  )
}
