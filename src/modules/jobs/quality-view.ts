import type { JobResult } from './job-result'
import type { JobView, QualityView } from './schemas'

type Quality = NonNullable<JobResult['quality']>

/** As the API shows it: levels to a hundredth. */
export function viewQuality(quality: JobResult['quality']): NonNullable<JobView['output']>['quality'] {
  return quality && { input: viewReport(quality.input), output: viewReport(quality.output) }
}

function viewReport(report: Quality['input']): QualityView | null {
  if (!report) return null
  const { speech } = report
  return {
    duration_seconds: report.durationSeconds,
    integrated_lufs: rounded(report.integratedLufs),
    loudness_range_lu: rounded(report.loudnessRangeLu),
    true_peak_dbtp: rounded(report.truePeakDbtp),
    clipped_samples: report.clippedSamples,
    noise_floor_dbfs: rounded(report.noiseFloorDbfs),
    speech: speech && {
      signal: rounded(speech.signal)!,
      background: rounded(speech.background)!,
      overall: rounded(speech.overall)!,
    },
    speech_missing: report.speechMissing,
  }
}

const rounded = (value: number | null) => (value === null ? null : Math.round(value * 100) / 100)
