import { createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Config } from './config'

/** What sound that nobody in particular generated is marked with. */
const nobody = 0

/** What sound that this installation generates is marked with: 32 bits that say nothing about the secret. */
export function installationMark(secret: string): number {
  return createHmac('sha256', secret).update('timbre watermark').digest().readUInt32BE()
}

/** The mark of the installation whose data lie here, if there is one; null where sound is not marked. */
export function localMark(config: Pick<Config, 'WATERMARK' | 'JWT_SECRET' | 'dataDir'>): number | null {
  if (!config.WATERMARK) return null
  const file = path.join(config.dataDir, 'secret')
  const secret = config.JWT_SECRET ?? (existsSync(file) ? readFileSync(file, 'utf8').trim() : null)
  return secret === null ? nobody : installationMark(secret)
}
