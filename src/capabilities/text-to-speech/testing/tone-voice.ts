import type { VoiceEngine, VocoderEngine } from '../voice-model'

export const toneRateHz = 16_000
export const toneWordSeconds = 0.25

/** Every word is a tone as high as the word is long: 100 Hz a letter. A word “broken” fails as attention does. */
export const toneEngine: VoiceEngine = {
  id: 'tone',
  needsVocoder: false,
  reads: ({ phones }) => Boolean(phones?.length),
  load: () =>
    Promise.resolve({
      bytes: 0,
      run({ words, seed }, job) {
        job.signal.throwIfAborted()
        const length = toneWordSeconds * toneRateHz
        const samples = new Float32Array(words.length * length)
        for (const [index, { spoken }] of words.entries()) {
          for (let n = 0; n < length; n++) {
            const phase = (2 * Math.PI * 100 * spoken.length * n) / toneRateHz
            samples[index * length + n] = 0.3 * Math.sin(phase) + 0.001 * Math.sin(seed * n)
          }
        }
        return Promise.resolve({
          sound: { kind: 'samples' as const, samples },
          words: words.map((_, index) => ({
            start: index * toneWordSeconds,
            end: (index + 1) * toneWordSeconds,
          })),
          rate: 1,
          problem: words.some(({ spoken }) => spoken === 'broken') ? 'words may be missing' : null,
        })
      },
      release: () => Promise.resolve(),
    }),
}

/** Gives a mel whose first band says how loud the sound is to be. */
export const melEngine: VoiceEngine = {
  ...toneEngine,
  id: 'mel',
  needsVocoder: true,
  load: () =>
    Promise.resolve({
      bytes: 0,
      run: ({ words }) => {
        const mel = {
          bands: 80,
          frames: 20 * words.length,
          data: new Float32Array(80 * 20 * words.length).fill(0.5),
        }
        return Promise.resolve({
          sound: { kind: 'mel' as const, mel },
          words: words.map((_, index) => ({ start: index * 0.232, end: (index + 1) * 0.232 })),
          rate: 1,
          problem: null,
        })
      },
      release: () => Promise.resolve(),
    }),
}

/** A square wave as loud as the mel’s first number. */
export const squareVocoder: VocoderEngine = {
  id: 'square',
  load: () =>
    Promise.resolve({
      bytes: 0,
      run: ({ mel }) =>
        Promise.resolve(
          Float32Array.from({ length: mel.frames * 256 }, (_, n) => (n % 100 < 50 ? 1 : -1) * mel.data[0]!),
        ),
      release: () => Promise.resolve(),
    }),
}
