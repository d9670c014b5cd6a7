/** Outlines on a 24 × 24 grid, drawn in the colour of the text. */
const outlines = {
  account: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8.5c.9-3.6 3.8-5.5 7.5-5.5s6.6 1.9 7.5 5.5',
  alert:
    'M12 8.5v4.5m0 3v.01M10.4 4.6 2.9 17.8A1.9 1.9 0 0 0 4.5 20.5h15a1.9 1.9 0 0 0 1.6-2.7L13.6 4.6a1.85 1.85 0 0 0-3.2 0Z',
  arrow: 'M4.5 12h15m-6-6 6 6-6 6',
  bell: 'M18 15.5V11a6 6 0 1 0-12 0v4.5L4.5 18h15L18 15.5ZM9.8 20.5a2.4 2.4 0 0 0 4.4 0',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  chevron: 'm9 6 6 6-6 6',
  close: 'm6 6 12 12M18 6 6 18',
  download: 'M12 4v11m-4.5-4.5L12 15l4.5-4.5M4.5 20h15',
  file: 'M14 3.5H7A1.5 1.5 0 0 0 5.5 5v14A1.5 1.5 0 0 0 7 20.5h10a1.5 1.5 0 0 0 1.5-1.5V8L14 3.5Zm0 0V8h4.5M9 13v2m3-4v6m3-4.5v3',
  info: 'M12 11v5.5m0-9v.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z',
  microphone:
    'M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 1 0-7 0v5A3.5 3.5 0 0 0 12 15Zm-7-3.5a7 7 0 0 0 14 0m-7 7V21',
  moon: 'M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5Z',
  pause: 'M8 5v14M16 5v14',
  play: 'M7.5 4.8v14.4L19 12 7.5 4.8Z',
  plus: 'M12 5v14M5 12h14',
  repeat: 'M4 11a8 8 0 0 1 13.7-4.7L20 8.5M20 4v4.5h-4.5M20 13a8 8 0 0 1-13.7 4.7L4 15.5M4 20v-4.5h4.5',
  sun: 'M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM12 2v2m0 16v2M2 12h2m16 0h2M4.9 4.9l1.4 1.4m11.4 11.4 1.4 1.4m0-14.2-1.4 1.4M6.3 17.7l-1.4 1.4',
  trash:
    'M4.5 6.5h15m-10-3h5m-8 3 .8 12.6a1.5 1.5 0 0 0 1.5 1.4h6.4a1.5 1.5 0 0 0 1.5-1.4l.8-12.6M10 11v5.5m4-5.5v5.5',
  upload: 'M12 16V4.5M7.5 9 12 4.5 16.5 9M4.5 16v2.5A1.5 1.5 0 0 0 6 20h12a1.5 1.5 0 0 0 1.5-1.5V16',
} as const

export type IconName = keyof typeof outlines

const filled = new Set<IconName>(['play'])

/** Decoration: the text beside it, or the button's label, says what it means. */
export function Icon({ name, size = 20, className }: { name: IconName; size?: number; className?: string }) {
  return (
    <svg
      className={className}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill={filled.has(name) ? 'currentColor' : 'none'}
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={outlines[name]} />
    </svg>
  )
}
