import { defaultCaptionLayout, type CaptionLayout } from '../../transcript/captions'
import type { ConversionRequest, SoundSettings } from './output-converter'
import type { DownloadQuery } from './schemas'

/** In what form an output is wanted; by default as it is. */
export type OutputForm = Pick<ConversionRequest, 'format' | 'sound' | 'layout'>

/** What the query of a download asks for. */
export function outputFormOf(query: DownloadQuery): OutputForm {
  return { format: query.format, sound: soundSettingsOf(query), layout: captionLayoutOf(query) }
}

function soundSettingsOf(query: DownloadQuery): SoundSettings {
  return {
    loudness: query.loudness,
    highPassHz: query.high_pass,
    fadeInSeconds: query.fade_in,
    fadeOutSeconds: query.fade_out,
    sampleRateHz: query.sample_rate,
    bitRateKbps: query.bit_rate,
    leveled: query.level ? true : undefined,
    tags: tagsOf(query),
  }
}

/** Undefined where none is asked for. */
function tagsOf({ title, artist, album, comment }: DownloadQuery): SoundSettings['tags'] {
  const given = Object.entries({ title, artist, album, comment }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return given.length > 0 ? Object.fromEntries(given) : undefined
}

function captionLayoutOf(query: DownloadQuery): CaptionLayout | undefined {
  const { max_line_length: maxLineLength, max_lines: maxLines } = query
  if (maxLineLength === undefined && maxLines === undefined) return undefined
  return {
    maxLineLength: maxLineLength ?? defaultCaptionLayout.maxLineLength,
    maxLines: maxLines ?? defaultCaptionLayout.maxLines,
  }
}
