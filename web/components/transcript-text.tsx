import type { ReactNode, RefObject } from 'react'
import { memo, useEffect, useRef, useState } from 'react'
import type { TranscriptSegment } from '~/api/types'
import { type Heard, heardAt } from '~/transcript/heard-word'
import { wordPieces } from '~/transcript/word-pieces'
import { formatDuration } from '~/words/format'

/** Rows that are drawn together. Ten hours have thousands of rows; those out of sight are plain text. */
const rowsPerChunk = 40

export interface RowProps {
  index: number
  segment: TranscriptSegment
  /** Words of this row are heard. */
  heard: Heard | null
}

interface TranscriptTextProps {
  segments: TranscriptSegment[]
  time: number
  playing: boolean
  onSeek: (seconds: number) => void
  /** What stands beside the time. Keep it stable: every new one draws all rows that are in sight again. */
  renderRow: (row: RowProps) => ReactNode
}

/** The rows of a transcript in a frame that scrolls along with the sound, until the reader scrolls. */
export function TranscriptText({ segments, time, playing, onSeek, renderRow }: TranscriptTextProps) {
  const frame = useRef<HTMLDivElement>(null)
  const heard = heardAt(segments, time)
  const { following, follow, rest } = useFollow(frame, playing, heard?.segment ?? null)
  const chunks = Math.ceil(segments.length / rowsPerChunk)
  return (
    <div className="transcript-frame">
      <div
        className="transcript"
        ref={frame}
        tabIndex={0}
        role="group"
        aria-label="Text"
        onWheel={rest}
        onTouchMove={rest}
      >
        {Array.from({ length: chunks }, (_, chunk) => {
          const from = chunk * rowsPerChunk
          const mine = heard && heard.segment >= from && heard.segment < from + rowsPerChunk ? heard : null
          return (
            <Chunk
              key={from}
              segments={segments}
              from={from}
              heardSegment={mine?.segment ?? null}
              heardWord={mine?.word ?? null}
              onSeek={onSeek}
              renderRow={renderRow}
            />
          )
        })}
      </div>
      {playing && !following && (
        <button type="button" className="button button--small transcript-frame__follow" onClick={follow}>
          Back to what is heard
        </button>
      )}
    </div>
  )
}

interface ChunkProps extends Pick<TranscriptTextProps, 'segments' | 'onSeek' | 'renderRow'> {
  from: number
  heardSegment: number | null
  heardWord: number | null
}

const Chunk = memo(function Chunk(props: ChunkProps) {
  const { segments, from, heardSegment, heardWord, onSeek, renderRow } = props
  const list = useRef<HTMLOListElement>(null)
  const seen = useSeen(list)
  return (
    <ol className="transcript__chunk" ref={list} start={from + 1}>
      {segments.slice(from, from + rowsPerChunk).map((segment, offset) => {
        const index = from + offset
        const isHeard = index === heardSegment
        return (
          <li className="transcript__row" key={index} data-heard={isHeard || undefined}>
            <button
              type="button"
              className="transcript__time numeric"
              aria-label={`Play from ${formatDuration(segment.start, Math.floor)}`}
              onClick={() => {
                onSeek(segment.start)
              }}
            >
              {formatDuration(segment.start, Math.floor)}
            </button>
            {seen ? (
              renderRow({ index, segment, heard: isHeard ? { segment: index, word: heardWord } : null })
            ) : (
              <p className="transcript__text">{segment.text}</p>
            )}
          </li>
        )
      })}
    </ol>
  )
})

interface WordsProps {
  segment: TranscriptSegment
  heardWord: number | null
  onSeek: (seconds: number) => void
}

const unsureBelow = 0.5

/** Words that play on a click; the button of the row does the same for the keyboard. */
export function Words({ segment, heardWord, onSeek }: WordsProps) {
  return wordPieces(segment).map((piece, key) => {
    const word = piece.word === null ? null : segment.words[piece.word]
    if (!word) return piece.text
    return (
      <span
        key={key}
        className="transcript__word"
        data-heard={piece.word === heardWord || undefined}
        data-unsure={word.confidence < unsureBelow || undefined}
        onClick={() => {
          onSeek(word.start)
        }}
      >
        {piece.text}
      </span>
    )
  })
}

/** True once the element has come near to the part of its scrolling parent that is in sight. */
function useSeen(element: RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false)
  useEffect(() => {
    const target = element.current
    if (!target) return
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return
        setSeen(true)
        observer.disconnect()
      },
      { root: target.parentElement, rootMargin: '100% 0px' },
    )
    observer.observe(target)
    return () => {
      observer.disconnect()
    }
  }, [element])
  return seen
}

/** Scrolls the frame, never the page, and only while it plays; a reader who scrolls is left alone. */
function useFollow(frame: RefObject<HTMLElement | null>, playing: boolean, heard: number | null) {
  const [following, setFollowing] = useState(true)
  const [wasPlaying, setWasPlaying] = useState(playing)
  if (wasPlaying !== playing) {
    setWasPlaying(playing)
    if (playing) setFollowing(true)
  }
  useEffect(() => {
    const list = frame.current
    const row = list?.querySelector('[data-heard]')
    if (!playing || !following || heard === null || !list || !row) return
    const [outer, inner] = [list.getBoundingClientRect(), row.getBoundingClientRect()]
    if (inner.top >= outer.top && inner.bottom <= outer.bottom) return
    list.scrollBy({ top: inner.top - outer.top - outer.height / 4 })
  }, [frame, playing, following, heard])
  return {
    following,
    follow: () => {
      setFollowing(true)
    },
    rest: () => {
      if (playing) setFollowing(false)
    },
  }
}
