/**
 * What a watermark looks like in time and frequency, and what it says.
 *
 * Spread-spectrum marking of log magnitudes with blind correlation detection follows Kirovski and Malvar,
 * "Spread-Spectrum Watermarking of Audio Signals", IEEE Transactions on Signal Processing 51(4), 2003. A chip is a cell
 * of time and frequency that is made a little louder in its first half and softer in its second, or the other way
 * round. A quarter of the chips is the same in every mark and shows where it begins; the others carry six bytes, each
 * as one of 256 pseudo-random sequences.
 */

/** The mark lives at this rate, whatever that of the sound. */
export const markRateHz = 16_000
export const windowSamples = 512
export const hopSamples = windowSamples / 2
/** Of a chip, half of them louder and half of them softer: 96 ms. */
export const framesPerChip = 6
/** Chips after which the mark begins anew: 5 s. */
export const chipsPerPeriod = 52
/** Of 94 Hz each, between 500 and 6,500 Hz. */
export const bandCount = 64
export const binsPerBand = 3
export const firstBin = 16

export const cellCount = chipsPerPeriod * bandCount
/** Four bytes of payload, two of their checksum. */
export const symbolCount = 6
export const symbolValues = 256
const syncShare = 0.25
/** Part of the format: with another one no mark would be found again. */
const seed = 0x7469_6d62

export interface CellLayout {
  /** Cells, as chip × bands + band, that are the same in every mark, with their signs. */
  sync: { cells: Uint16Array; signs: Int8Array }
  /** For each symbol its cells, and for each of its values their signs in that order. */
  symbols: readonly { cells: Uint16Array; signs: readonly Int8Array[] }[]
}

let laidOut: CellLayout | undefined

/** The same for every mark; made once. */
export function cellLayout(): CellLayout {
  return (laidOut ??= layOut())
}

function layOut(): CellLayout {
  const random = createRandom(seed)
  const shuffled = Uint16Array.from({ length: cellCount }, (_, cell) => cell)
  for (let last = cellCount - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const cell = shuffled[last]!
    shuffled[last] = shuffled[other]!
    shuffled[other] = cell
  }
  const signs = (count: number) => Int8Array.from({ length: count }, () => (random() < 0.5 ? -1 : 1))
  const syncCells = Math.round(cellCount * syncShare)
  const cellsPerSymbol = Math.floor((cellCount - syncCells) / symbolCount)
  return {
    sync: { cells: shuffled.slice(0, syncCells), signs: signs(syncCells) },
    symbols: Array.from({ length: symbolCount }, (_, symbol) => {
      const start = syncCells + symbol * cellsPerSymbol
      return {
        cells: shuffled.slice(start, start + cellsPerSymbol),
        signs: Array.from({ length: symbolValues }, () => signs(cellsPerSymbol)),
      }
    }),
  }
}

/** Sign of each cell, as chip × bands + band; 0 for the few that are left over. @param payload 32 bits, unsigned. */
export function markPattern(payload: number): Int8Array {
  const { sync, symbols } = cellLayout()
  const pattern = new Int8Array(cellCount)
  sync.cells.forEach((cell, index) => (pattern[cell] = sync.signs[index]!))
  writePayload(payload).forEach((value, symbol) => {
    const { cells, signs } = symbols[symbol]!
    cells.forEach((cell, index) => (pattern[cell] = signs[value]![index]!))
  })
  return pattern
}

/** Six bytes: the payload and its checksum. */
export function writePayload(payload: number): number[] {
  const bytes = [24, 16, 8, 0].map((shift) => (payload >>> shift) & 0xff)
  const sum = checksum(bytes)
  return [...bytes, sum >>> 8, sum & 0xff]
}

/** The payload of six bytes, or null where their checksum is another. */
export function readPayload(bytes: readonly number[]): number | null {
  const payload = bytes.slice(0, 4).reduce((sum, byte) => sum * 256 + byte, 0)
  return writePayload(payload).every((byte, index) => byte === bytes[index]) ? payload : null
}

/** CRC-16/CCITT-FALSE. */
function checksum(bytes: readonly number[]): number {
  let sum = 0xffff
  for (const byte of bytes) {
    sum ^= byte << 8
    for (let bit = 0; bit < 8; bit++) sum = (sum & 0x8000 ? (sum << 1) ^ 0x1021 : sum << 1) & 0xffff
  }
  return sum
}

/** Mulberry32: numbers in [0, 1). */
function createRandom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
