/** `m:ss`, or `h:mm:ss` from one hour on. Rounds up to whole seconds unless told otherwise. */
export function formatDuration(seconds: number, round: (value: number) => number = Math.ceil): string {
  // Durations come from decoders: 7.0000001 s are seven seconds.
  const whole = Math.max(0, round(Math.round(seconds * 1000) / 1000))
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  const rest = String(whole % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}

/** For screen readers: "1 minute 5 seconds". */
export function speakDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const parts = [
    [Math.floor(whole / 3600), 'hour'],
    [Math.floor((whole % 3600) / 60), 'minute'],
    [whole % 60, 'second'],
  ] as const
  const spoken = parts.filter(([count]) => count > 0).map(([count, unit]) => plural(count, unit))
  return spoken.length > 0 ? spoken.join(' ') : '0 seconds'
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

/** In steps of 1024, like the limits that operators set in megabytes. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  const rounded = unit === 0 || value >= 100 ? Math.round(value) : Math.round(value * 10) / 10
  return `${rounded} ${units[unit] ?? 'B'}`
}

/** `residue_only` → "Residue only": for values that come without a title of their own. */
export function humanise(identifier: string): string {
  const words = identifier.replaceAll(/[_-]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
