import { describe, expect, it } from 'vitest'

import { createPitchTracker, pitchHopSeconds, trackPitch } from './pitch-track'

const rateHz = 16_000

/** Harmonics of a pitch that changes with time, with the slope of a voice and a formant. */
function voice(
  seconds: number,
  pitchAt: (time: number) => number,
  amplitudes: (hz: number, harmonic: number) => number = voiceSpectrum,
): Float32Array {
  let phase = 0
  return Float32Array.from({ length: seconds * rateHz }, (_, n) => {
    const hz = pitchAt(n / rateHz)
    phase += (2 * Math.PI * hz) / rateHz
    let sum = 0
    for (let k = 1; k * hz < 4000; k++) sum += amplitudes(k * hz, k) * Math.sin(k * phase)
    return 0.2 * sum
  })
}

const voiceSpectrum = (hz: number) => 1 / (1 + (hz / 400) ** 2) + 0.4 * Math.exp(-(((hz - 1500) / 200) ** 2))

function noise(seconds: number, amplitude: number): Float32Array {
  let state = 1
  return Float32Array.from({ length: seconds * rateHz }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return amplitude * (state / 2 ** 31 - 1)
  })
}

/** Share of the frames that are off by more than `tolerance`, edges left out. */
function wrong(track: Float32Array, pitchAt: (time: number) => number, tolerance: number): number {
  const inner = track.subarray(10, track.length - 10)
  const off = inner.filter((hz, k) => Math.abs(hz / pitchAt((k + 10) * pitchHopSeconds) - 1) > tolerance)
  return off.length / inner.length
}

describe('trackPitch', () => {
  it.each([
    ['a low voice that rises', (t: number) => 80 * 2 ** (t / 2)],
    ['a high voice that falls', (t: number) => 400 * 2 ** (-t / 2)],
    ['vibrato', (t: number) => 220 * 2 ** (0.05 * Math.sin(2 * Math.PI * 5.5 * t))],
  ])('follows %s', (_, pitchAt) => {
    const track = trackPitch(voice(2, pitchAt), rateHz)
    expect(track).toHaveLength(2 / pitchHopSeconds + 1)
    expect(wrong(track, pitchAt, 0.02)).toBe(0)
  })

  it('does not take a strong second harmonic for the pitch', () => {
    const pitch = () => 110
    const track = trackPitch(
      voice(1, pitch, (hz, k) => (k === 2 ? 3 : voiceSpectrum(hz))),
      rateHz,
    )
    expect(wrong(track, pitch, 0.02)).toBe(0)
  })

  it('finds a pitch whose fundamental was filtered away', () => {
    const pitch = () => 120
    const track = trackPitch(
      voice(1, pitch, (hz) => (hz < 300 ? 0 : voiceSpectrum(hz))),
      rateHz,
    )
    expect(wrong(track, pitch, 0.02)).toBe(0)
  })

  it('stays on the octave where every other period is weaker', () => {
    const pitch = () => 200
    const samples = voice(2, pitch).map((x, n) => x * (1 + 0.12 * Math.sin((Math.PI * 200 * n) / rateHz)))
    expect(wrong(trackPitch(samples, rateHz), pitch, 0.03)).toBeLessThan(0.02)
  })

  it('hears a voice in noise, and none in noise alone', () => {
    const pitch = () => 150
    const hiss = noise(2, 0.05)
    const noisy = voice(2, pitch).map((x, n) => x + hiss[n]!)
    expect(wrong(trackPitch(noisy, rateHz), pitch, 0.03)).toBeLessThan(0.02)
    const voiced = trackPitch(hiss, rateHz).filter((hz) => hz > 0).length
    expect(voiced / 401).toBeLessThan(0.1)
    expect(trackPitch(new Float32Array(rateHz), rateHz).every((hz) => hz === 0)).toBe(true)
  })

  it.each([8_000, 22_050, 44_100, 48_000])('works at %i Hz', (rate) => {
    const samples = Float32Array.from({ length: rate }, (_, n) => {
      const phase = (2 * Math.PI * 130 * n) / rate
      return 0.2 * (Math.sin(phase) + 0.6 * Math.sin(2 * phase) + 0.4 * Math.sin(3 * phase))
    })
    const track = trackPitch(samples, rate)
    expect(track).toHaveLength(201)
    expect(wrong(track, () => 130, 0.01)).toBe(0)
  })

  it('gives the same for a stream in blocks, and nothing but a frame for no samples', () => {
    const samples = voice(4, (t) => 150 + 40 * Math.sin(3 * t))
    const tracker = createPitchTracker(rateHz)
    const parts: number[] = []
    for (let at = 0; at < samples.length; at += 1234)
      parts.push(...tracker.push(samples.subarray(at, at + 1234)))
    expect(parts.length).toBeGreaterThan(400)
    expect([...parts, ...tracker.finish()]).toEqual([...trackPitch(samples, rateHz)])
    expect([...trackPitch(new Float32Array(0), rateHz)]).toEqual([0])
  })
})
