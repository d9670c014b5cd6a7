import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { decodeWhole, makeAudio, packagedFfmpeg, sine, wavFile } from '../../test/fixtures/audio-files'
import type { PcmBlock } from './pcm'
import { openWavFile, plainWavArguments } from './wav-file'

const rate = 44_100
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timbre-wav-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function planes(blocks: AsyncIterable<PcmBlock>): Promise<number[][]> {
  const all: number[][] = []
  for await (const { channels } of blocks) {
    channels.forEach((samples, index) => (all[index] ??= []).push(...samples))
  }
  return all
}

/** As the decoder's process gives them: it is used where a rate is asked for. */
async function decoded(path: string) {
  const { blocks } = await packagedFfmpeg.decode(path, { maxSeconds: 60, sampleRateHz: rate })
  return planes(blocks)
}

async function read(path: string) {
  const file = await openWavFile(path)
  return file && { ...file, planes: await planes(file.blocks) }
}

async function written(name: string, bytes: Buffer): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return path
}

describe('WAV files', () => {
  it.each(['pcm_s16le', 'pcm_s24le', 'pcm_s32le', 'pcm_f32le'])(
    'gives the same samples of %s as ffmpeg',
    async (codec) => {
      for (const channels of [1, 2, 6]) {
        const path = join(folder, `${codec}-${channels}.wav`)
        const noise = `aevalsrc=${Array.from({ length: channels }, () => 'random(0)-0.5').join('|')}:s=${rate}`
        makeAudio(['-f', 'lavfi', '-i', noise, '-t', '0.8', '-metadata', 'title=A tag', '-c:a', codec, path])
        const file = await read(path)
        expect(file).toMatchObject({ sampleRateHz: rate, channels, frames: 0.8 * rate })
        expect(file!.planes).toEqual(await decoded(path))
      }
    },
  )

  it('takes what there is of a file that was cut off', async () => {
    const whole = wavFile([sine(440, 1000, rate), sine(550, 1000, rate)], rate)
    const path = await written('cut.wav', whole.subarray(0, 44 + 4 * 600 + 3))
    const file = await read(path)
    expect(file!.frames).toBe(600)
    expect(file!.planes).toEqual(await decoded(path))
  })

  it('reads no further than the samples go', async () => {
    const path = await written(
      'chunk.wav',
      Buffer.concat([wavFile([sine(440, 1000, rate)], rate), Buffer.from('LIST\x04\0\0\0junk')]),
    )
    expect((await read(path))!.planes[0]).toHaveLength(1000)
  })

  it.each([1, 2])('are converted to the frame, with %i channels', async (channels) => {
    for (const frames of [1, 999, 44_101]) {
      const planes = Array.from({ length: channels }, (_, channel) => sine(300 + channel, frames, rate))
      const path = await written(
        'frames.wav',
        Buffer.concat([wavFile(planes, rate), Buffer.from('LIST\x04\0\0\0junk')]),
      )
      expect(await plainWavArguments(path)).toContain('s16le')
      const copy = join(folder, 'frames.flac')
      await packagedFfmpeg.convert(path, { path: copy, format: 'flac' })
      expect(await decodeWhole(packagedFfmpeg, copy)).toEqual(await decodeWhole(packagedFfmpeg, path))
      expect((await decodeWhole(packagedFfmpeg, copy))[0]).toHaveLength(frames)
    }
  })

  it('leaves to the decoder what is out of the ordinary', async () => {
    const plain = wavFile([sine(440, 1000, rate)], rate)
    const changed = (change: (bytes: Buffer) => void) => {
      const bytes = Buffer.from(plain)
      change(bytes)
      return bytes
    }
    const others = {
      'eight bits': changed((bytes) => bytes.writeUInt16LE(8, 34)),
      'a codec': changed((bytes) => bytes.writeUInt16LE(0x11, 20)),
      'no channels': changed((bytes) => bytes.writeUInt16LE(0, 22)),
      'odd frames': changed((bytes) => bytes.writeUInt16LE(3, 32)),
      'an unknown length': changed((bytes) => bytes.writeUInt32LE(0, 40)),
      'sixty-four bits of length': changed((bytes) => bytes.write('RF64', 0, 'latin1')),
      'DTS in the guise of samples': changed((bytes) => bytes.writeUInt32BE(0xfe7f0180, 1044)),
      'no samples': plain.subarray(0, 36),
      'half a header': plain.subarray(0, 30),
    }
    for (const [name, bytes] of Object.entries(others)) {
      const path = await written(`${name}.wav`, bytes)
      expect(await openWavFile(path), name).toBeNull()
      expect(await plainWavArguments(path), name).toBeNull()
    }
  })

  it('can be closed before its end, and before its beginning', async () => {
    const path = await written('closed.wav', wavFile([sine(440, 50_000, rate)], rate))
    const file = await openWavFile(path)
    await file!.close()
    await file!.close()
    const other = await openWavFile(path)
    for await (const block of other!.blocks) {
      expect(block.channels[0]).toHaveLength(16_384)
      break
    }
    await other!.close()
  })
})
