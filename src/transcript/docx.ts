import { Document, HeadingLevel, Packer, Paragraph, TextRun, type IRunOptions } from 'docx'
import { shortClock, turnsOf } from './text-formats'
import type { Transcript } from './transcript'

/** A Word document: a title, and a paragraph for every turn with its time and speaker. */
export async function renderDocx(transcript: Transcript, title: string): Promise<Uint8Array> {
  const document = new Document({
    title,
    sections: [
      {
        children: [
          new Paragraph({ text: title, heading: HeadingLevel.HEADING_1 }),
          ...turnsOf(transcript).map(
            ({ speaker, start, text }) =>
              new Paragraph({
                spacing: { after: 160 },
                children: [
                  new TextRun({ text: `[${shortClock(start)}] `, color: '777777' }),
                  ...(speaker ? [new TextRun(speakerRun(speaker))] : []),
                  new TextRun(text),
                ],
              }),
          ),
        ],
      },
    ],
  })
  return Packer.toBuffer(document)
}

function speakerRun(speaker: string): IRunOptions {
  return { text: `${speaker}: `, bold: true }
}
