import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createFfmpeg } from '../../audio/ffmpeg'
import { createDiarizer, type SpeakerTurn } from './diarizer'
import { speakerEmbeddingEngine } from './engines/speaker-embedding'
import { timbreVadEngine } from './engines/timbre-vad'
import { createSpeechWindows, cutIntoWindows, type SpeechWindow } from './speech-windows'
import { loadModelFolder } from './testing/engine-fixtures'
import { quietJob } from './testing/quiet-job'

const fixtures = 'test/fixtures/speech'

interface Clip {
  file: string
  seconds: number
  words: { start: number; end: number }[]
  turns?: { speaker: string; start: number; end: number }[]
}

const { clips } = JSON.parse(readFileSync(`${fixtures}/manifest.json`, 'utf8')) as { clips: Clip[] }
const clipOf = (name: string) => clips.find(({ file }) => file === name)!

async function* blocksOf(name: string): AsyncGenerator<Float32Array> {
  const decoded = await createFfmpeg().decode(`${fixtures}/${name}`, {
    sampleRateHz: 16_000,
    channels: 1,
    maxSeconds: 60,
  })
  for await (const { channels } of decoded.blocks) yield channels[0]!
}

async function listen(blocks: AsyncGenerator<Float32Array>) {
  const model = await loadModelFolder(timbreVadEngine, 'models/voice-activity/timbre-vad')
  const cutter = createSpeechWindows({ model, job: quietJob(), windowSeconds: 30 })
  const windows: SpeechWindow[] = []
  for await (const window of cutIntoWindows(blocks, cutter)) windows.push(window)
  await model.release()
  return { windows, regions: cutter.regions() }
}

describe('starter models on the synthetic recordings', () => {
  it('the detector keeps every word and leaves long pauses out', async () => {
    for (const { file, words } of clips.filter(({ file }) => /pauses|silence|dialogue|coffee/.test(file))) {
      const { windows, regions } = await listen(blocksOf(file))
      const isHeld = (at: number) =>
        windows.some(({ start, samples }) => at >= start && at <= start + samples.length / 16_000)
      for (const { start, end } of words) {
        expect([start, (start + end) / 2, end - 0.05].every(isHeld), `${file} at ${start}`).toBe(true)
      }
      for (const [index, { end }] of words.entries()) {
        const next = words[index + 1]?.start
        if (next === undefined || next - end < 1.5) continue
        const middle = (end + next) / 2
        expect(
          regions.some((region) => region.start < middle && region.end > middle),
          file,
        ).toBe(false)
      }
    }
  })

  it('the detector finds nothing in noise and in silence', async () => {
    let state = 1
    const noise = () => (state = (Math.imul(state, 1664525) + 1013904223) | 0) / 2 ** 31
    async function* made(level: number) {
      for (let second = 0; second < 30; second++) {
        yield Float32Array.from({ length: 16_000 }, () => level * noise())
        await Promise.resolve()
      }
    }
    expect((await listen(made(0))).windows).toEqual([])
    expect((await listen(made(0.05))).windows).toEqual([])
  })

  it('the speaker network tells the two voices of the dialogue apart', async () => {
    const { turns = [] } = clipOf('dialogue.opus')
    const { windows } = await listen(blocksOf('dialogue.opus'))
    for (const numSpeakers of [2, null]) {
      const model = await loadModelFolder(speakerEmbeddingEngine, 'models/speaker-embedding/timbre-speaker')
      const diarizer = createDiarizer({ model, job: quietJob(), numSpeakers })
      for (const window of windows) await diarizer.add(window)
      const found = diarizer.finish()
      await model.release()
      const speakerAt = (time: number) =>
        found.find(({ start, end }: SpeakerTurn) => time >= start && time < end)?.speaker
      expect(turns.map(({ start, end }) => speakerAt((start + end) / 2))).toEqual([0, 1, 0, 1, 0, 1])
    }
  })
})
