import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'

import { AppError } from '../platform/errors'

export interface ClaimOptions {
  /** How long to wait for another holder. Default: not at all. */
  waitMs?: number
}

/** A holder shows every second that it is alive; one that has been silent for this long is dead. */
const heartbeatMs = 1_000
const silentMs = 15_000

/**
 * Does `work` while no other process, on this machine or on another that shares the folder, holds `path`. The file
 * names its holder; that of a process that died is taken over.
 * @throws AppError `conflict` where somebody else holds it.
 */
export async function withClaim<T>(
  path: string,
  { waitMs = 0 }: ClaimOptions,
  work: () => Promise<T>,
): Promise<T> {
  const token = `process ${process.pid} on ${hostname()}, ${randomUUID()}`
  await mkdir(dirname(path), { recursive: true })
  const giveUpAt = Date.now() + waitMs
  while (!(await take(path, token))) {
    if (Date.now() >= giveUpAt) throw await heldError(path)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const heartbeat = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => undefined)
  }, heartbeatMs)
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    if ((await holderOf(path)) === token) await rm(path, { force: true })
  }
}

async function take(path: string, token: string): Promise<boolean> {
  if (await create(path, token)) return true
  if (await isAlive(path)) return false
  await bury(path)
  return create(path, token)
}

async function create(path: string, token: string): Promise<boolean> {
  try {
    await writeFile(path, token, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Takes a dead holder's file away, and only that one. */
async function bury(path: string): Promise<void> {
  const dead = await holderOf(path)
  const grave = `${path}.${randomUUID()}`
  await rename(path, grave).catch(() => undefined)
  const buried = await holderOf(grave)
  // Somebody was quicker and holds it by now: it goes back.
  if (buried !== null && buried !== dead) await link(grave, path).catch(() => undefined)
  await rm(grave, { force: true })
}

async function isAlive(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs < silentMs
  } catch {
    return false
  }
}

async function holderOf(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null)
}

async function heldError(path: string): Promise<AppError> {
  const holder = (await holderOf(path))?.split(',')[0] ?? 'another process'
  return new AppError('conflict', {
    message: `Another process is at work on this (${holder}). Wait for it to end, then try again.`,
  })
}
