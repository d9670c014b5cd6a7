import { useEffect, useState } from 'react'

const format: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'short' }

/** The server says it in UTC, the browser then in the reader's own time and language. */
export function LocalTime({ iso }: { iso: string }) {
  const [local, setLocal] = useState<string | null>(null)
  useEffect(() => {
    setLocal(new Date(iso).toLocaleString(undefined, format))
  }, [iso])
  return (
    <time dateTime={iso} className="numeric">
      {local ?? `${new Date(iso).toLocaleString('en-GB', { ...format, timeZone: 'UTC' })} UTC`}
    </time>
  )
}
