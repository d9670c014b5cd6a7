import { useSyncExternalStore } from 'react'

const format: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'short' }

/** The server says it in UTC, the browser then in the reader's own time and language. */
export function LocalTime({ iso }: { iso: string }) {
  const text = useSyncExternalStore(
    neverChanges,
    () => new Date(iso).toLocaleString(undefined, format),
    () => `${new Date(iso).toLocaleString('en-GB', { ...format, timeZone: 'UTC' })} UTC`,
  )
  return (
    <time dateTime={iso} className="numeric">
      {text}
    </time>
  )
}

function neverChanges() {
  return () => undefined
}
