import { useEffect, useState } from 'react'
import { estimateText } from '~/api/client'

export interface TextEstimate {
  /** Of the speech that the text makes. */
  outputSeconds: number
  realTimeFactor: number | null
}

/** People type faster than anybody needs to know. */
const patienceMs = 400

/** What the studio says of a text's length; null until it has, and where it cannot. */
export function useTextEstimate(
  capability: string,
  modelName: string | null,
  characters: number,
  speed: number | undefined,
): TextEstimate | null {
  const [estimate, setEstimate] = useState<TextEstimate | null>(null)
  useEffect(() => {
    const controller = new AbortController()
    const timer = setTimeout(() => {
      if (characters === 0) {
        setEstimate(null)
        return
      }
      estimateText({ capability, modelName, characters, speed }, controller.signal).then(setEstimate, () => {
        if (!controller.signal.aborted) setEstimate(null)
      })
    }, patienceMs)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [capability, modelName, characters, speed])
  return estimate
}
