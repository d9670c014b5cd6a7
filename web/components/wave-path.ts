export const waveHeight = 100
const barSpacing = 4

export function barCount(width: number): number {
  return Math.max(24, Math.floor(width / barSpacing))
}

/** Scale at which the loudest peak of all fills the height; very quiet material stays visibly quiet. */
export function waveScale(...tracks: number[][]): number {
  const highest = tracks.reduce((high, peaks) => peaks.reduce((a, b) => Math.max(a, b), high), 0)
  return 1 / Math.max(highest, 0.05)
}

/**
 * Upright bars around the middle line, as SVG path data over `width` × `waveHeight`. Each bar takes the highest
 * of the peaks that fall into it; silence is a dot.
 */
export function wavePath(peaks: number[], width: number, scale: number): string {
  if (peaks.length === 0) return ''
  const bars = barCount(width)
  const middle = waveHeight / 2
  const reach = middle - 4
  let path = ''
  for (let bar = 0; bar < bars; bar++) {
    const from = Math.floor((bar * peaks.length) / bars)
    const to = Math.max(from + 1, Math.floor(((bar + 1) * peaks.length) / bars))
    let peak = 0
    for (let index = from; index < to; index++) peak = Math.max(peak, peaks[index] ?? 0)
    const half = Math.max(0.5, Math.min(1, peak * scale) * reach)
    const x = (((bar + 0.5) * width) / bars).toFixed(1)
    path += `M${x} ${(middle - half).toFixed(1)}V${(middle + half).toFixed(1)}`
  }
  return path
}
