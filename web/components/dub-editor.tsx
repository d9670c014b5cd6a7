import { useNavigate } from '@remix-run/react'
import { memo, useCallback, useEffect, useState } from 'react'
import { ApiError, startJob } from '~/api/client'
import type { JobView } from '~/api/types'
import { Notice } from '~/components/notice'
import { ProblemNotice } from '~/components/problem-notice'
import {
  type Dub,
  type DubLine,
  isChanged,
  isOpen,
  type LineEdit,
  type LineEdits,
  parametersOf,
  readLines,
  withEdits,
} from '~/dubbing/dub-lines'
import { plural } from '~/words/format'
import { writeTimecode } from '~/words/timecode'

interface DubEditorProps {
  job: JobView
  dub: Dub
}

/** So many lines are drawn at first, and more at a time on demand. */
const pageLines = 100

/** The text of a dub, to be corrected and approved, and the button that renders what was changed. */
export function DubEditor({ job, dub }: DubEditorProps) {
  const { lines: before, problem: listProblem } = useWholeList(dub)
  const [edits, setEdits] = useState<LineEdits>({})
  const [shown, setShown] = useState(pageLines)
  const edit = useCallback((index: number, change: LineEdit) => {
    setEdits((all) => ({ ...all, [index]: { ...all[index], ...change } }))
  }, [])
  const lines = withEdits(before, edits)
  const open = lines.filter(isOpen).length
  const changed = lines.filter((line, index) => isChanged(before[index]!, line)).length
  const approved = lines.filter((line) => line.approved).length
  const { start, starting, problem } = useStart(job)
  const uploadId = job.input?.upload_id ?? null
  const isWhole = before.length >= dub.count
  const ready = isWhole && open === 0 && (dub.review || changed > 0) && !starting

  return (
    <section className="stack" aria-label="Text of the dub">
      <div className="hits-head">
        <div>
          <h2>{dub.review ? 'Check the text' : 'Text of the dub'}</h2>
          <p className="field__hint">
            {plural(dub.count, 'line')} · {approved.toLocaleString('en')} approved
            {dub.reused > 0 && ` · ${dub.reused.toLocaleString('en')} taken from the dub before`}
          </p>
        </div>
        {approved < lines.length && (
          <button
            type="button"
            className="button button--small"
            onClick={() => {
              setEdits(
                Object.fromEntries(before.map((_, index) => [index, { ...edits[index], approved: true }])),
              )
            }}
          >
            Approve all
          </button>
        )}
      </div>
      {dub.message && (
        <Notice tone="info" title={open > 0 ? 'Some lines have no text yet' : 'Nothing is spoken yet'}>
          <p>{dub.message}</p>
        </Notice>
      )}
      {dub.warnings
        .filter(({ segment }) => segment === null)
        .map(({ message }) => (
          <Notice key={message} tone="info" title="About the whole dub">
            <p>{message}</p>
          </Notice>
        ))}
      <ol className="dub-lines">
        {lines.slice(0, shown).map((line, index) => (
          <LineRow
            key={index}
            index={index}
            text={line.text}
            approved={line.approved}
            line={before[index]!}
            state={isOpen(line) ? 'open' : isChanged(before[index]!, line) ? 'changed' : null}
            warning={warningOf(dub, index)}
            onEdit={edit}
          />
        ))}
      </ol>
      {lines.length > shown && (
        <button
          type="button"
          className="button"
          onClick={() => {
            setShown(shown + pageLines)
          }}
        >
          Show {Math.min(pageLines, lines.length - shown)} more
        </button>
      )}
      {listProblem && <ProblemNotice problem={listProblem} />}
      {problem && <ProblemNotice problem={problem} fieldsShown={false} />}
      {uploadId === null ? (
        <p className="field__hint">The recording was deleted: upload it again to dub it.</p>
      ) : (
        <button
          type="button"
          className="button button--primary button--large button--wide"
          aria-disabled={!ready}
          onClick={() => {
            if (ready) void start(uploadId, parametersOf(job, dub, lines))
          }}
        >
          {starting ? 'Starting…' : labelOf({ review: dub.review, open, changed, isWhole })}
        </button>
      )}
      {!dub.review && (
        <p className="field__hint">Lines that stay the same are taken over as they sound now.</p>
      )}
    </section>
  )
}

function labelOf(state: { review: boolean; open: number; changed: number; isWhole: boolean }): string {
  if (!state.isWhole) return 'Loading all lines…'
  if (state.open > 0) return `${plural(state.open, 'line')} without text: write or approve`
  if (state.review) return 'Make the dub'
  if (state.changed === 0) return 'Nothing is changed'
  return `Render ${plural(state.changed, 'changed line')} again`
}

function warningOf({ warnings }: Dub, index: number): string | null {
  const messages = warnings.flatMap(({ segment, message }) => (segment === index ? [message] : []))
  return messages.length > 0 ? messages.join(' ') : null
}

interface LineRowProps {
  index: number
  /** As the job has it. */
  line: DubLine
  text: string
  approved: boolean
  state: 'open' | 'changed' | null
  warning: string | null
  onEdit: (index: number, change: LineEdit) => void
}

/** Drawn again only where it changes: there may be very many. */
const LineRow = memo(function LineRow({ index, line, text, approved, state, warning, onEdit }: LineRowProps) {
  const id = `line-${index}`
  const described = [line.source_text !== '' && `${id}-source`, warning !== null && `${id}-warning`]
  return (
    <li className="dub-lines__row" data-state={state ?? undefined}>
      <div className="dub-lines__head">
        <label htmlFor={id}>
          <span className="visually-hidden">Line {index + 1}, </span>
          <span className="numeric">
            {writeTimecode(tenths(line.start))} – {writeTimecode(tenths(line.end))}
          </span>
          {line.speaker !== null && ` · ${line.speaker}`}
          {state && <strong> · {state === 'open' ? 'no text' : 'changed'}</strong>}
        </label>
        <label className="dub-lines__approve">
          Approved<span className="visually-hidden">: line {index + 1}</span>
          <input
            className="switch__input"
            type="checkbox"
            role="switch"
            checked={approved}
            onChange={(event) => {
              onEdit(index, { approved: event.target.checked })
            }}
          />
        </label>
      </div>
      {line.source_text !== '' && (
        <p className="dub-lines__source" id={`${id}-source`}>
          {line.source_text}
        </p>
      )}
      <textarea
        className="input dub-lines__text"
        id={id}
        rows={1}
        maxLength={2000}
        placeholder={approved ? 'Stays silent' : 'What is to be said'}
        aria-describedby={described.filter(Boolean).join(' ') || undefined}
        value={text}
        onChange={(event) => {
          onEdit(index, { text: event.target.value })
        }}
      />
      {warning !== null && (
        <p className="field__hint" id={`${id}-warning`}>
          {warning}
        </p>
      )}
    </li>
  )
})

function useStart(job: JobView) {
  const navigate = useNavigate()
  const [starting, setStarting] = useState(false)
  const [problem, setProblem] = useState<ApiError | null>(null)
  const start = async (uploadId: string, parameters: Record<string, unknown>) => {
    setStarting(true)
    setProblem(null)
    try {
      const { job_id } = await startJob({
        ...{ input: { uploadId }, capability: job.capability, modelName: job.model_name, parameters },
      })
      navigate(`/jobs/${job_id}`)
    } catch (error) {
      setStarting(false)
      if (error instanceof ApiError) setProblem(error)
    }
  }
  return { start, starting, problem }
}

/** Where a job has more lines than its description holds, they are read from its file. */
function useWholeList({ lines, count, listUrl }: Dub) {
  const [whole, setWhole] = useState<DubLine[] | null>(null)
  const [problem, setProblem] = useState<ApiError | null>(null)
  const isMissing = lines.length < count
  useEffect(() => {
    if (!isMissing || listUrl === null) return
    const abort = new AbortController()
    fetch(listUrl, { signal: abort.signal })
      .then(async (answer) => {
        if (!answer.ok) throw new Error(`status ${answer.status}`)
        setWhole(readLines(((await answer.json()) as { segments: unknown }).segments))
      })
      .catch(() => {
        if (!abort.signal.aborted) setProblem(new ApiError(0, 'network', 'The other lines were not loaded'))
      })
    return () => {
      abort.abort()
    }
  }, [isMissing, listUrl])
  return { lines: whole ?? lines, problem }
}

function tenths(seconds: number): number {
  return Math.round(seconds * 10) / 10
}
