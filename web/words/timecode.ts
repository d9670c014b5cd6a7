/** `m:ss.fff`, or `h:mm:ss.fff` from one hour on, without zeros at the end: what `readTimecode` understands. */
export function writeTimecode(seconds: number): string {
  const ms = Math.max(0, Math.round(seconds * 1000))
  const hours = Math.floor(ms / 3_600_000)
  const minutes = Math.floor((ms % 3_600_000) / 60_000)
  const rest = ((ms % 60_000) / 1000)
    .toFixed(3)
    .padStart(6, '0')
    .replace(/\.?0+$/, '')
  const shown = rest === '' ? '00' : rest.padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${shown}` : `${minutes}:${shown}`
}

/** Seconds of `83.4`, `1:23.4` or `1:02:03`, with a point or a comma; null where it is no time. */
export function readTimecode(text: string): number | null {
  const parts = text.trim().replace(',', '.').split(':')
  const last = parts.at(-1) ?? ''
  const leading = parts.slice(0, -1)
  const wellFormed =
    parts.length <= 3 && /^(\d+(\.\d*)?|\.\d+)$/.test(last) && leading.every((part) => /^\d+$/.test(part))
  if (!wellFormed) return null
  const seconds = parts.reduce((sum, part) => sum * 60 + Number(part), 0)
  return Math.round(seconds * 1e6) / 1e6
}
