const bars = 56
const width = 520
const middle = 130

/** A drawing, not a measurement: one sentence, in noise on the left and without it on the right. */
export function HeroArt() {
  return (
    <div className="hero__figure" aria-hidden="true">
      <svg className="hero__art" viewBox={`0 0 ${width} 260`} width={width} height={260}>
        {Array.from({ length: bars }, (_, index) => {
          const settled = index >= bars / 2
          const voice = voiceLevel((index % (bars / 2)) / (bars / 2))
          const noise = 22 + ((index * 7919) % 31)
          const half = settled ? Math.max(2.5, voice * 92) : Math.max(noise, voice * 84 + noise * 0.5)
          return (
            <rect
              key={index}
              className={settled ? 'brand__after' : 'brand__before'}
              x={(index * width) / bars + 2}
              y={(middle - half).toFixed(1)}
              width="5"
              height={(half * 2).toFixed(1)}
              rx="2.5"
            />
          )
        })}
        <line className="hero__divider" x1={width / 2} x2={width / 2} y1="6" y2="254" />
      </svg>
      <p className="hero__labels">
        <span>before</span>
        <span>after</span>
      </p>
    </div>
  )
}

/** Syllables with pauses between words. */
function voiceLevel(position: number): number {
  const syllables = Math.abs(Math.sin(position * 24 + 0.3)) ** 1.3
  const words = Math.max(0, Math.sin(position * 9.5 - 0.15) + 0.35) ** 0.6
  return syllables * words
}
