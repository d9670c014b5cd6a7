import type { PcmBlock } from '../../../audio/pcm'
import { runAligned } from '../block-stream'
import { createClickStage } from './clicks'
import { createHumStage } from './hum'
import type { Hum } from './hum-finder'
import { createWindStage } from './wind'

/** What is done to a recording before a model hears it. */
export interface Repairs {
  hum: Hum | null
  wind: boolean
  clicks: boolean
}

/**
 * The repaired recording, as long and aligned to the sample: first clicks, which would ring in the filters, then hum, then
 * wind. Memory is a second of sound.
 *
 * @param beforeBlock Called before every block; throws to stop.
 */
export function repair(
  blocks: AsyncIterable<PcmBlock>,
  { hum, wind, clicks }: Repairs,
  { sampleRateHz, channels }: { sampleRateHz: number; channels: number },
  beforeBlock: () => void,
): AsyncIterable<PcmBlock> {
  const stages = [
    ...(clicks ? [createClickStage(sampleRateHz)] : []),
    ...(hum ? [createHumStage(hum.linesHz, sampleRateHz, channels)] : []),
    ...(wind ? [createWindStage(sampleRateHz, channels)] : []),
  ]
  return stages.reduce<AsyncIterable<PcmBlock>>(
    (stream, stage) => runAligned(stream, channels, stage, beforeBlock),
    blocks,
  )
}
