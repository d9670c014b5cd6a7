import { spawn } from 'node:child_process'
import { locateFfmpeg } from '../../../src/audio/ffmpeg-binaries'

/** Runs a program, feeding and collecting bytes; rejects with its last words where it fails. */
export function pipe(program: string, args: string[], input?: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out))
      else
        reject(new Error(`${program} ended with ${code}: ${Buffer.concat(err).toString('utf8').slice(-500)}`))
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

function toFloats(bytes: Buffer): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer)
}

const { ffmpegPath } = locateFfmpeg()
const rawFloats = (rateHz: number) => ['-f', 'f32le', '-ac', '1', '-ar', String(rateHz)]

/** Mono samples of a file at a rate. */
export async function readAudio(path: string, rateHz: number): Promise<Float32Array> {
  return toFloats(await pipe(ffmpegPath, ['-v', 'error', '-i', path, ...rawFloats(rateHz), '-']))
}

/** Resamples, and filters on the way where asked to. */
export async function convert(
  samples: Float32Array,
  fromHz: number,
  toHz: number,
  filter?: string,
): Promise<Float32Array> {
  if (fromHz === toHz && !filter) return samples
  const input = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)
  const filters = filter ? ['-af', filter] : []
  const args = ['-v', 'error', ...rawFloats(fromHz), '-i', '-', ...filters, ...rawFloats(toHz), '-']
  return toFloats(await pipe(ffmpegPath, args, input))
}
