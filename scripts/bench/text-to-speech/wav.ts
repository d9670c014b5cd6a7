/** A mono WAV file of 16 bits. */
export function wavFile(samples: Float32Array, sampleRateHz: number): Buffer {
  const file = Buffer.alloc(44 + 2 * samples.length)
  file.write('RIFF', 0, 'latin1')
  file.writeUInt32LE(36 + 2 * samples.length, 4)
  file.write('WAVEfmt ', 8, 'latin1')
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    file.writeUInt16LE(value, at)
  for (const [at, value] of [
    [16, 16],
    [24, sampleRateHz],
    [28, 2 * sampleRateHz],
  ] as const) {
    file.writeUInt32LE(value, at)
  }
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(2 * samples.length, 40)
  for (const [index, sample] of samples.entries()) {
    file.writeInt16LE(Math.round(32_767 * Math.min(1, Math.max(-1, sample))), 44 + 2 * index)
  }
  return file
}
