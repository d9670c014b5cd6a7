import type { CapabilityDescription, JobView } from '~/api/types'
import { LocalTime } from '~/components/local-time'
import { QualityFacts } from '~/components/quality-facts'
import { describeFields, type Field } from '~/forms/schema-fields'
import { formatDuration, humanise } from '~/words/format'
import { writeTimecode } from '~/words/timecode'

/** The settings that made this result, in the words of the form. */
export function JobFacts({
  job,
  capability,
}: {
  job: JobView
  capability: CapabilityDescription | undefined
}) {
  const model = capability?.models.find(({ id }) => id === job.model_name)
  const fields = capability ? describeFields(capability.parameters) : []
  const seconds = job.output?.duration_seconds ?? job.input?.duration_seconds ?? null
  return (
    <dl className="facts">
      <dt>Model</dt>
      <dd>{model?.title ?? job.model_name}</dd>
      {fields.flatMap((field) => {
        const value = job.parameters[field.name]
        if (isUnremarkable(field, value, capability?.parameters.properties?.[field.name]?.default)) return []
        return [
          <dt key={`${field.name}-label`}>{field.label}</dt>,
          <dd key={field.name}>{valueInWords(field, value)}</dd>,
        ]
      })}
      {seconds !== null && (
        <>
          <dt>Length</dt>
          <dd className="numeric">{formatDuration(seconds, Math.round)}</dd>
        </>
      )}
      <QualityFacts quality={job.output?.quality ?? null} />
      <dt>Started</dt>
      <dd>
        <LocalTime iso={job.created_at} />
      </dd>
    </dl>
  )
}

/** Nothing was set, or it is what hardly anybody changes. */
function isUnremarkable(field: Field, value: unknown, fallback: unknown): boolean {
  const isEmpty = value === undefined || value === null || value === '' || value === false
  if (isEmpty || (Array.isArray(value) && value.length === 0)) return true
  const isOff = value === 0 || value === 'auto'
  return (field.advanced || field.onlyIf !== null || isOff) && value === fallback
}

function valueInWords(field: Field, value: unknown): string {
  if (field.kind === 'choice')
    return field.choices.find((choice) => choice.value === value)?.label ?? String(value)
  if (field.kind === 'switch') return value === true ? 'On' : 'Off'
  if (field.kind === 'checks' && Array.isArray(value))
    return value.map((entry) => humanise(String(entry))).join(', ')
  if (field.kind === 'spans' && Array.isArray(value)) return value.map(spanInWords).join(', ')
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value.join(', ')
  if (field.kind === 'range' && field.percent && typeof value === 'number')
    return `${Math.round(value * 100)} %`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function spanInWords({ start, end }: { start: number; end: number }): string {
  return `${writeTimecode(start)} – ${writeTimecode(end)}`
}
