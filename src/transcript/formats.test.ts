import { describe, expect, it } from 'vitest'
import { unzipSync } from 'fflate'
import { segment, transcript } from '../../test/fixtures/transcripts'
import { transcriptFormats, transcriptFormatTable } from './formats'

const dialogue = transcript([
  segment('Good morning & welcome.', 0.5, 2, 'speaker_1'),
  segment('Thank you, it is <nice> here.', 3661.25, 3663, 'speaker_2'),
])
const options = { title: 'Interview' }
const rendered = async (format: keyof typeof transcriptFormatTable, of = dialogue) =>
  Buffer.from((await transcriptFormatTable[format].render(of, options)) as Uint8Array)

describe('transcript formats', () => {
  it('srt', async () => {
    expect((await rendered('srt')).toString()).toBe(
      '1\n00:00:00,500 --> 00:00:02,000\nSpeaker 1: Good morning & welcome.\n\n' +
        '2\n01:01:01,250 --> 01:01:03,000\nSpeaker 2: Thank you, it is <nice> here.\n',
    )
  })

  it('vtt escapes what WebVTT would read as markup', async () => {
    expect((await rendered('vtt')).toString()).toBe(
      'WEBVTT\n\n00:00:00.500 --> 00:00:02.000\n<v Speaker 1>Good morning &amp; welcome.\n\n' +
        '01:01:01.250 --> 01:01:03.000\n<v Speaker 2>Thank you, it is &lt;nice&gt; here.\n',
    )
  })

  it('txt and tsv', async () => {
    expect((await rendered('txt')).toString()).toBe(
      'Speaker 1: Good morning & welcome.\n\nSpeaker 2: Thank you, it is <nice> here.\n',
    )
    expect((await rendered('tsv')).toString()).toBe(
      'start\tend\ttext\n500\t2000\tGood morning & welcome.\n3661250\t3663000\tThank you, it is <nice> here.\n',
    )
  })

  it("OpenAI's verbose_json and diarized_json", async () => {
    const verbose = JSON.parse((await rendered('verbose_json')).toString()) as Record<string, unknown>
    expect(verbose).toMatchObject({
      language: 'english',
      duration: 3663,
      usage: { type: 'duration', seconds: 3663 },
    })
    expect(verbose.words).toHaveLength(10)
    expect((verbose.words as object[])[0]).toEqual({ word: 'Good', start: 0.5, end: 0.875 })
    expect((verbose.segments as object[])[1]).toMatchObject({ id: 1, seek: 0, start: 3661.25, tokens: [] })
    const diarized = JSON.parse((await rendered('diarized_json')).toString()) as { segments: object[] }
    expect(diarized.segments[1]).toEqual({
      id: 'seg_001',
      type: 'transcript.text.segment',
      start: 3661.25,
      end: 3663,
      speaker: 'Speaker 2',
      text: 'Thank you, it is <nice> here.',
    })
  })

  it('docx holds the text, with speakers and times', async () => {
    const document = Buffer.from(unzipSync(await rendered('docx'))['word/document.xml']!).toString()
    for (const part of ['Interview', '[1:01:01] ', 'Speaker 2: ', 'Good morning &amp; welcome.']) {
      expect(document).toContain(part)
    }
  })

  it('pdf, also in Greek and Cyrillic; a script without glyphs is refused with advice', async () => {
    const pdf = await rendered(
      'pdf',
      transcript([segment('Καλημέρα, добрый день', 0, 2)], { language: 'el' }),
    )
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(pdf.includes('/Count 1')).toBe(true)
    await expect(rendered('pdf', transcript([segment('नमस्ते', 0, 1)]))).rejects.toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringContaining('docx') as string,
    })
  })

  it.each(transcriptFormats)('%s of an empty transcript', async (format) => {
    expect(await rendered(format, transcript([]))).toBeInstanceOf(Buffer)
  })
})
