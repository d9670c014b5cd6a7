import { createRequire } from 'node:module'
import PDFDocument from 'pdfkit'
import type { ReceiptText } from './lines'

const require = createRequire(import.meta.url)
const fontFile = (name: string) => require.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`)
const margin = 56

/** One A4 page. Characters that the font lacks (Devanagari, Chinese …) become question marks: the HTML has them all. */
export async function receiptPdf(text: ReceiptText, createdAt: Date): Promise<Buffer> {
  const document = new PDFDocument({
    size: 'A4',
    margin,
    info: { Title: text.title, CreationDate: createdAt },
  })
  const chunks: Buffer[] = []
  document.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = new Promise<void>((resolve, reject) => document.once('end', resolve).once('error', reject))
  document.registerFont('regular', fontFile('DejaVuSans')).registerFont('bold', fontFile('DejaVuSans-Bold'))
  const printable = printableBy(document)
  const lines = (values: string[]) => printable(values.join('\n'))
  const width = document.page.width - 2 * margin

  document.font('regular').fontSize(9.5).text(lines(text.seller), { align: 'right' }).moveDown(2)
  document.font('bold').fontSize(18).text(text.title).moveDown()
  document.font('regular').fontSize(10.5).text('For').text(lines(text.customer)).moveDown()
  for (const [label, value] of text.facts) pair(document, label, printable(value), 110)
  document.moveDown(1.5)
  document.font('bold').text(printable(text.item))
  rule(document, width)
  for (const [label, value] of text.amounts) amount(document, 'regular', printable(label), value, width)
  if (text.amounts.length > 0) rule(document, width)
  amount(document, 'bold', ...text.total, width)
  document.moveDown().font('regular').fontSize(9.5)
  for (const note of text.notes) document.text(printable(note))
  document.end()
  await ended
  return Buffer.concat(chunks)
}

function pair(document: PDFKit.PDFDocument, label: string, value: string, indent: number): void {
  const { y } = document
  document.fillColor('#555').text(label, margin, y)
  document.fillColor('#000').text(value, margin + indent, y)
  document.x = margin
}

function amount(
  document: PDFKit.PDFDocument,
  font: string,
  label: string,
  value: string,
  width: number,
): void {
  const { y } = document
  document.font(font).text(label, margin, y)
  document.text(value, margin, y, { width, align: 'right' })
}

function rule(document: PDFKit.PDFDocument, width: number): void {
  const y = document.y + 4
  document
    .moveTo(margin, y)
    .lineTo(margin + width, y)
    .lineWidth(0.5)
    .stroke()
  document.y = y + 6
}

interface GlyphSource {
  hasGlyphForCodePoint(codePoint: number): boolean
}

function printableBy(document: PDFKit.PDFDocument): (text: string) => string {
  const { font } = (document.font('regular') as unknown as { _font: { font: GlyphSource } })._font
  const known = (character: string) =>
    /\s/.test(character) || font.hasGlyphForCodePoint(character.codePointAt(0)!)
  return (text) => [...text].map((character) => (known(character) ? character : '?')).join('')
}
