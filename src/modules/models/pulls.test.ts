import { describe, expect, it, vi } from 'vitest'
import type { ModelStore } from '../../inference'
import { AppError } from '../../platform/errors'
import { createLogger } from '../../platform/logger'
import { createBackgroundPulls } from './pulls'

/** A store whose pull goes on until it is stopped or let go, and a table of one row. */
function fixture(heard: 'going-on' | 'canceled' | 'lost' = 'going-on') {
  let release: () => void = () => undefined
  const pull = vi.fn(
    (_id: string, { signal }: Parameters<ModelStore['pull']>[1] = {}) =>
      new Promise<void>((resolve, reject) => {
        release = resolve
        signal?.addEventListener('abort', () => reject(new AppError('canceled')))
      }),
  )
  const repository = {
    claimPull: vi.fn(() => Promise.resolve<string | null>('run-1')),
    reportPull: vi.fn(() => Promise.resolve(heard)),
    finishPull: vi.fn(() => Promise.resolve()),
  }
  const logger = createLogger('test', 'silent')
  const pulls = createBackgroundPulls({ store: { pull }, repository, logger })
  return { pulls, pull, repository, release: () => release() }
}

describe('pulls in the background', () => {
  it('says that they go on, and writes their end down', async () => {
    const { pulls, pull, repository, release } = fixture()
    await pulls.start('whisper-tiny', '1.0')
    expect(pull).toHaveBeenCalledWith('whisper-tiny', expect.objectContaining({ version: '1.0' }))
    await vi.waitFor(
      () => expect(repository.reportPull).toHaveBeenCalledWith('run-1', expect.anything()),
      3000,
    )
    expect(repository.finishPull).not.toHaveBeenCalled()
    release()
    await vi.waitFor(() =>
      expect(repository.finishPull).toHaveBeenCalledWith('run-1', { status: 'completed' }),
    )
  })

  it('does nothing where another process is at it', async () => {
    const { pulls, pull, repository } = fixture()
    repository.claimPull.mockResolvedValue(null)
    await pulls.start('whisper-tiny', '1.0')
    expect(pull).not.toHaveBeenCalled()
  })

  it('stops when the row says so', async () => {
    const { pulls, repository } = fixture('canceled')
    await pulls.start('whisper-tiny', '1.0')
    await vi.waitFor(
      () => expect(repository.finishPull).toHaveBeenCalledWith('run-1', { status: 'canceled' }),
      3000,
    )
  })

  it('stops with the server, and says that the pull can go on', async () => {
    const { pulls, repository } = fixture()
    await pulls.start('whisper-tiny', '1.0')
    await pulls.close()
    expect(repository.finishPull).toHaveBeenCalledWith('run-1', {
      status: 'failed',
      code: 'unavailable',
      message: expect.stringContaining('Pull again') as string,
    })
  })
})
