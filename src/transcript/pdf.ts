import { createRequire } from 'node:module'
import PDFDocument from 'pdfkit'
import { AppError } from '../platform/errors'
import { shortClock, turnsOf } from './text-formats'
import type { Transcript } from './transcript'

const require = createRequire(import.meta.url)
const fontFile = (name: string) => require.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`)
const margin = 56

/**
 * A4 pages: a title, and a paragraph for every turn with its time and speaker.
 * @throws AppError `invalid_parameter` where the font lacks a script of the text (Chinese, Devanagari …).
 */
export async function renderPdf(transcript: Transcript, title: string): Promise<Uint8Array> {
  const document = new PDFDocument({ size: 'A4', margin, bufferPages: true, info: { Title: title } })
  const chunks: Buffer[] = []
  document.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = new Promise<void>((resolve, reject) => document.once('end', resolve).once('error', reject))
  document.registerFont('regular', fontFile('DejaVuSans')).registerFont('bold', fontFile('DejaVuSans-Bold'))
  document.font('bold').fontSize(16).text(title).moveDown()
  refuseUnknownScripts(document, transcript)
  document.fontSize(10.5)
  for (const { speaker, start, text } of turnsOf(transcript)) {
    document
      .font('regular')
      .fillColor('#777')
      .text(`[${shortClock(start)}] `, { continued: true })
    document.fillColor('#000')
    if (speaker) document.font('bold').text(`${speaker}: `, { continued: true })
    document.font('regular').text(text, { lineGap: 2 }).moveDown(0.6)
  }
  numberPages(document)
  document.end()
  await ended
  return Buffer.concat(chunks)
}

function numberPages(document: PDFKit.PDFDocument): void {
  const { start, count } = document.bufferedPageRange()
  for (let page = start; page < start + count; page++) {
    document.switchToPage(page)
    document.page.margins.bottom = 0
    document
      .fontSize(8)
      .fillColor('#777')
      .text(`${page + 1} / ${count}`, margin, document.page.height - 36, { align: 'center' })
  }
}

/** pdfkit would print boxes. */
function refuseUnknownScripts(document: PDFKit.PDFDocument, transcript: Transcript): void {
  const { font } = (document.font('regular') as unknown as { _font: { font: GlyphSource } })._font
  const everything = [transcript.text, ...transcript.speakers.map(({ name }) => name)].join('')
  const missing = [...new Set(everything)].find(
    (character) => !/\s/.test(character) && !font.hasGlyphForCodePoint(character.codePointAt(0)!),
  )
  if (missing === undefined) return
  throw new AppError('invalid_parameter', {
    message: `The PDF font has no “${missing}”. Choose docx, txt or a caption format for this language.`,
  })
}

interface GlyphSource {
  hasGlyphForCodePoint(codePoint: number): boolean
}
