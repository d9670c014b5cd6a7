/** The mark: five bars of one sound, rough on the left, settled on the right. */
export function BrandMark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 28 28" aria-hidden="true" focusable="false">
      <g className="brand__before">
        <rect x="1" y="10" width="4" height="8" rx="2" />
        <rect x="6.5" y="4" width="4" height="20" rx="2" />
      </g>
      <g className="brand__after">
        <rect x="12" y="1" width="4" height="26" rx="2" />
        <rect x="17.5" y="7" width="4" height="14" rx="2" />
        <rect x="23" y="11" width="4" height="6" rx="2" />
      </g>
    </svg>
  )
}
