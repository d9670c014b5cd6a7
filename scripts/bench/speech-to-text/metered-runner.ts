/** The product's runner process, which also tells once a second what it has used. Only a process itself knows its peak. */
import { capabilityDefinitions } from '../../../src/capabilities'
import type { FromChild } from '../../../src/runner/protocol'
import { serveRunner } from '../../../src/runner/serve'

export interface Metered {
  peakMb: number
  cpuSeconds: number
}

serveRunner(capabilityDefinitions)
setInterval(() => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  const details: Metered = { peakMb: maxRSS / 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 }
  const message: FromChild = { type: 'log', level: 'debug', details, message: 'metered' }
  if (process.connected) process.send?.(message)
}, 1000).unref()
