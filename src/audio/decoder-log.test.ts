import { describe, expect, it } from 'vitest'

import { createDecoderLog } from './decoder-log'

const song = `Input #0, mp3, from 'file:/tmp/song.mp3':
  Metadata:
    title           : A song
  Duration: 01:02:03.45, start: 0.025057, bitrate: 128 kb/s
    Stream #0:0: Audio: mp3, 44100 Hz, stereo, fltp, 128 kb/s
    Stream #0:1: Video: png, rgb24(pc), 320x240, 90k tbr, 90k tbn, 90k tbc
Stream mapping:
  Stream #0:0 -> #0:0 (mp3 (mp3float) -> pcm_f32le (native))
Output #0, wav, to 'pipe:1':
    Stream #0:0: Video: none of the input's
`
const speech = `Input #0, wav, from 'file:/tmp/speech.wav':
  Duration: 00:00:05.00, bitrate: 768 kb/s
    Stream #0:0: Audio: pcm_s16le ([1][0][0][0] / 0x0001), 48000 Hz, mono, s16, 768 kb/s
Stream mapping:
`
const film = `Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/tmp/film.mp4':
  Duration: N/A, bitrate: 116 kb/s
  Stream #0:0[0x1](und): Video: mpeg4 (Simple Profile) (mp4v / 0x7634706D), yuv420p, 64x64 (default)
  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, mono, fltp, 69 kb/s (default)
Stream mapping:
`

function claimsOf(text: string, chunkLength = text.length) {
  const log = createDecoderLog()
  for (let at = 0; at < text.length; at += chunkLength) log.push(text.slice(at, at + chunkLength))
  return log.claims
}

describe('the decoder’s log', () => {
  it.each([1, 7, 4096])('tells what a file claims, in chunks of %i characters', async (chunkLength) => {
    expect(claimsOf(song, chunkLength)).toEqual({ durationSeconds: 3723.45, sound: true, pictures: true })
    expect(claimsOf(film, chunkLength)).toEqual({ durationSeconds: null, sound: true, pictures: true })
    expect(claimsOf(speech, chunkLength)).toEqual({ durationSeconds: 5, sound: true, pictures: false })
    const log = createDecoderLog()
    log.push(film)
    await log.opened
  })

  it('is not misled by tags, however long', () => {
    const tags = [
      'title           : Stream #0:1: Video: h264',
      'comment         : Duration: 00:00:01.00, start',
      `lyrics          : ${'Duration: 00:00:01.00 '.repeat(10_000)}`,
    ]
    const tagged = speech.replace('  Duration', `${tags.map((tag) => `    ${tag}\n`).join('')}  Duration`)
    expect(claimsOf(tagged, 1000)).toEqual(claimsOf(speech))
  })

  it('claims nothing for a file that could not be opened', () => {
    expect(claimsOf('file:/tmp/x.flac: Invalid data found when processing input\n')).toEqual({
      durationSeconds: null,
      sound: false,
      pictures: false,
    })
  })
})
