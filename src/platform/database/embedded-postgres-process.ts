import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'

export interface Postmaster {
  pid: number
  /** Where it listens. */
  socketDir: string
}

/** The server that runs on a data folder, by its pid file. */
export function findPostmaster(dataDir: string): Postmaster | null {
  const pidFile = path.join(dataDir, 'postmaster.pid')
  if (!existsSync(pidFile)) return null
  const lines = readFileSync(pidFile, 'utf8').split('\n')
  const pid = Number(lines[0])
  if (!(pid > 0) || !isPostgres(pid)) return null
  return { pid, socketDir: lines[4] ?? '' }
}

/**
 * PostgreSQL refuses to start while the process named in its pid file lives, whatever that is. After a restart of the
 * machine or container the number may have gone to somebody else.
 */
export function removeForeignPidFile(dataDir: string): void {
  if (findPostmaster(dataDir)) return
  rmSync(path.join(dataDir, 'postmaster.pid'), { force: true })
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

/** In a container without an init process nobody reaps an adopted server: it is dead all the same. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true
  }
}

function isPostgres(pid: number): boolean {
  if (!isAlive(pid)) return false
  try {
    const command =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/comm`, 'utf8')
        : execFileSync('ps', ['-p', String(pid), '-o', 'comm='], { encoding: 'utf8' })
    return path.basename(command.trim()) === 'postgres'
  } catch {
    return false
  }
}
