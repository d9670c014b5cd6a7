import type { JobOutput, SoundQuality } from '~/api/types'

interface Measure {
  label: string
  hint: string
  value(quality: SoundQuality): string | null
}

const level = (value: number | null, unit: string) => (value === null ? null : `${value.toFixed(1)} ${unit}`)

const measures: readonly Measure[] = [
  {
    ...{ label: 'Loudness', hint: 'Over the whole length, EBU R 128' },
    value: ({ integrated_lufs }) => level(integrated_lufs, 'LUFS'),
  },
  {
    ...{ label: 'Loudness range', hint: 'Between quiet and loud passages' },
    value: ({ loudness_range_lu }) => level(loudness_range_lu, 'LU'),
  },
  {
    ...{ label: 'True peak', hint: 'Highest peak that a player makes of it' },
    value: ({ true_peak_dbtp }) => level(true_peak_dbtp, 'dBTP'),
  },
  {
    ...{ label: 'Clipped samples', hint: 'In runs at full scale' },
    value: ({ clipped_samples }) => clipped_samples.toLocaleString('en'),
  },
  {
    ...{ label: 'Noise floor', hint: 'The quietest tenth of it' },
    value: ({ noise_floor_dbfs }) => level(noise_floor_dbfs, 'dBFS'),
  },
  {
    ...{ label: 'Speech quality', hint: 'As listeners might rate it, 1 to 5 (DNSMOS)' },
    value: ({ speech }) => speech?.overall.toFixed(2) ?? null,
  },
]

/** How good the sound is, the input beside the output; nothing where it was not measured. */
export function QualityFacts({ quality }: { quality: JobOutput['quality'] }) {
  if (!quality?.output) return null
  const { input, output } = quality
  return (
    <>
      {measures.map(({ label, hint, value }) => {
        const after = value(output)
        if (after === null) return null
        const before = input && value(input)
        return [
          <dt key={label} title={hint}>
            {label}
          </dt>,
          <dd key={`${label}-value`} className="numeric">
            {before !== null && before !== after ? `${before} → ${after}` : after}
          </dd>,
        ]
      })}
    </>
  )
}
