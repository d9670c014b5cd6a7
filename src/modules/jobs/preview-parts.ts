import { readFile } from 'node:fs/promises'
import { mp3Sound } from '../../audio/mp3-frames'
import type { ObjectStore } from '../../platform/objects'
import { partKey } from './outputs'
import type { Claim } from './repository'

export interface PreviewPartsOptions {
  objects: ObjectStore
  claim: Claim
  /** Of sound, all parts together: a preview stays a preview. */
  maxSeconds: number
  /** Says that `count` parts can be had now. */
  announce(count: number): Promise<void>
}

/** The worker's side: stores what a running task hands out, in order. A part that is lost ends the preview early. */
export function createPreviewParts({ objects, claim, maxSeconds, announce }: PreviewPartsOptions) {
  let storing: Promise<void> = Promise.resolve()
  let count = 0
  let seconds = 0
  let full = false

  async function store(path: string): Promise<void> {
    if (full) return
    const part = mp3Sound(await readFile(path), maxSeconds - seconds)
    if (part.seconds === 0) {
      full = true
      return
    }
    await objects.put(partKey(claim, count + 1), part.bytes, { contentType: 'audio/mpeg' })
    count += 1
    seconds += part.seconds
    await announce(count)
  }

  return {
    /** Takes a file that stays where it is until `finish`. */
    add(path: string): void {
      storing = storing
        .then(() => store(path))
        .catch(() => {
          full = true
        })
    },
    /** Whether there was any. */
    async finish(): Promise<boolean> {
      await storing
      return count > 0
    },
  }
}
