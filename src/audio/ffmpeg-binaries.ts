import { execFile, execFileSync } from 'node:child_process'
import { accessSync, chmodSync, constants, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { AppError } from '../platform/errors'

export interface FfmpegBinaries {
  ffmpegPath: string
  ffprobePath: string
}

/** What a binary can do, asked once. */
export interface FfmpegCapabilities {
  version: string
  filters: ReadonlySet<string>
  encoders: ReadonlySet<string>
}

const require = createRequire(import.meta.url)

/**
 * Finds ffmpeg and ffprobe: the configured path (ffprobe beside it), then the system's, then the npm builds.
 *
 * @throws AppError `internal` that says what to install or set.
 */
export function locateFfmpeg(configured: Partial<FfmpegBinaries> = {}): FfmpegBinaries {
  if (configured.ffmpegPath && !existsSync(configured.ffmpegPath)) {
    throw new AppError('internal', {
      message: 'FFMPEG_PATH does not name a file. Set it to the ffmpeg program, or unset it.',
    })
  }
  const sibling = configured.ffmpegPath ? join(dirname(configured.ffmpegPath), 'ffprobe') : null
  const ffmpegPath =
    configured.ffmpegPath ?? onSearchPath('ffmpeg') ?? fromPackage('@ffmpeg-installer/ffmpeg')
  const ffprobePath =
    configured.ffprobePath ??
    (sibling && existsSync(sibling) ? sibling : null) ??
    onSearchPath('ffprobe') ??
    fromPackage('@ffprobe-installer/ffprobe')
  if (!ffmpegPath || !ffprobePath) {
    throw new AppError('internal', {
      message:
        'ffmpeg and ffprobe were not found. Install ffmpeg with the system’s package manager, ' +
        'or set FFMPEG_PATH to the program.',
    })
  }
  makeExecutable(ffmpegPath)
  makeExecutable(ffprobePath)
  return { ffmpegPath, ffprobePath }
}

/** Asks the shell, so that the search path stays the environment's own business. */
function onSearchPath(name: string): string | null {
  try {
    const found = execFileSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).trim()
    return found.startsWith('/') ? found : null
  } catch {
    return null
  }
}

function fromPackage(name: string): string | null {
  try {
    return (require(name) as { path: string }).path
  } catch {
    // No build for this platform.
    return null
  }
}

/** Packages installed without their install scripts come without the executable bit. */
function makeExecutable(path: string): void {
  try {
    accessSync(path, constants.X_OK)
  } catch {
    try {
      chmodSync(path, 0o755)
    } catch (cause) {
      throw new AppError('internal', { message: `${path} must be executable: run chmod +x on it.`, cause })
    }
  }
}

/** Asks a binary for its version, filters and encoders. */
export async function describeFfmpeg(binaries: FfmpegBinaries): Promise<FfmpegCapabilities> {
  const ask = async (argument: string) => {
    const { stdout } = await promisify(execFile)(binaries.ffmpegPath, ['-hide_banner', argument], {
      timeout: 10_000,
      maxBuffer: 4 * 1024 * 1024,
    })
    return stdout
  }
  const [version, filters, encoders] = await Promise.all([ask('-version'), ask('-filters'), ask('-encoders')])
  return {
    version: /^ffmpeg version (\S+)/.exec(version)?.[1] ?? 'unknown',
    filters: new Set([...filters.matchAll(/^ [.TSCA|]{2,3} (\w+) /gm)].map((match) => match[1]!)),
    encoders: new Set([...encoders.matchAll(/^ [VAS][.A-Z]{5} (\w+) /gm)].map((match) => match[1]!)),
  }
}
