import type { CaptionLayout } from './captions'
import { toDiarizedJson, toVerboseJson } from './openai-formats'
import { renderSrt, renderText, renderTsv, renderVtt } from './text-formats'
import type { Transcript } from './transcript'

export const transcriptFormats = [
  'json',
  'txt',
  'srt',
  'vtt',
  'tsv',
  'docx',
  'pdf',
  'verbose_json',
  'diarized_json',
] as const
export type TranscriptFormat = (typeof transcriptFormats)[number]

export interface RenderOptions {
  /** Of documents. */
  title: string
  /** Of captions, and of the lines of plain text. Default: captions of two lines of 42 characters, text unbroken. */
  layout?: CaptionLayout | undefined
}

interface TranscriptFormatInfo {
  contentType: string
  extension: string
  render(transcript: Transcript, options: RenderOptions): string | Uint8Array | Promise<Uint8Array>
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

/** Every format that a transcript is made into. */
export const transcriptFormatTable: Record<TranscriptFormat, TranscriptFormatInfo> = {
  json: { contentType: 'application/json', extension: 'json', render: json },
  txt: {
    contentType: 'text/plain; charset=utf-8',
    extension: 'txt',
    render: (transcript, { layout }) => renderText(transcript, layout),
  },
  srt: {
    contentType: 'application/x-subrip; charset=utf-8',
    extension: 'srt',
    render: (transcript, { layout }) => renderSrt(transcript, layout),
  },
  vtt: {
    contentType: 'text/vtt; charset=utf-8',
    extension: 'vtt',
    render: (transcript, { layout }) => renderVtt(transcript, layout),
  },
  tsv: {
    contentType: 'text/tab-separated-values; charset=utf-8',
    extension: 'tsv',
    render: (transcript) => renderTsv(transcript),
  },
  docx: {
    contentType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    extension: 'docx',
    render: async (transcript, { title }) => (await import('./docx')).renderDocx(transcript, title),
  },
  pdf: {
    contentType: 'application/pdf',
    extension: 'pdf',
    render: async (transcript, { title }) => (await import('./pdf')).renderPdf(transcript, title),
  },
  verbose_json: {
    contentType: 'application/json',
    extension: 'json',
    render: (transcript) => json(toVerboseJson(transcript)),
  },
  diarized_json: {
    contentType: 'application/json',
    extension: 'json',
    render: (transcript) => json(toDiarizedJson(transcript)),
  },
}

export function isTranscriptFormat(format: string): format is TranscriptFormat {
  return (transcriptFormats as readonly string[]).includes(format)
}
