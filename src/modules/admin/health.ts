/** Asks one dependency; resolves with a sentence about it. Rejects where it is away; `null`: it is not used. */
export type HealthCheck = () => Promise<string | null>
export type HealthChecks = Readonly<Record<string, HealthCheck>>

export interface HealthFinding {
  name: string
  status: 'ok' | 'failing' | 'off'
  detail: string
  latency_ms: number
}

const timeoutMs = 5000

/** All dependencies at the same time; one that is silent is failing, and keeps nobody waiting. */
export async function checkHealth(checks: HealthChecks): Promise<HealthFinding[]> {
  return Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const startedMs = performance.now()
      const finding = (status: HealthFinding['status'], detail: string): HealthFinding => ({
        ...{ name, status, detail },
        latency_ms: Math.round(performance.now() - startedMs),
      })
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(
          () => reject(new Error(`No answer within ${timeoutMs / 1000} seconds.`)),
          timeoutMs,
        )
      })
      try {
        const detail = await Promise.race([check(), late])
        return detail === null ? finding('off', 'Not set up.') : finding('ok', detail)
      } catch (error) {
        return finding('failing', error instanceof Error ? error.message : String(error))
      } finally {
        clearTimeout(timer)
      }
    }),
  )
}
