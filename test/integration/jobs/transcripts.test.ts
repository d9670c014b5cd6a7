import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Transcript } from '../../../src/transcript/transcript'
import { expectStatus, signUp, type ApiClient } from '../../support/api-client'
import { rootDir, startProduct, type TestProduct } from '../../support/product'

interface Version {
  version: number
  complete: boolean
  transcript: Transcript
}

const speech = (name: string) => readFile(path.join(rootDir, 'test/fixtures/speech', name))
const listed = ({ data }: { data: { version: number }[] }) => data.map(({ version }) => version)

describe('speech to text through the API', () => {
  let product: TestProduct
  let client: ApiClient
  let jobId: string

  beforeAll(async () => {
    product = await startProduct({ environment: { PREVIEW_SECONDS: '2' } })
    await product.startWorker()
    client = await signUp(product)
  })
  afterAll(() => product.stop())

  const transcriptPath = () => `/api/audio/jobs/${jobId}/transcript`
  const download = async (query: string) => {
    const answer = await client.request('GET', `/api/audio/download-audio/${jobId}${query}`)
    await expectStatus(answer, 302)
    return expectStatus(await fetch(answer.headers.get('location')!), 200)
  }

  it('gives the beginning of the text for nothing', async () => {
    const accepted = await client.start(await speech('weather.opus'), { capability: 'speech-to-text' })
    jobId = accepted.job_id
    const job = await client.finished(jobId)
    expect(job.error).toBeNull()
    expect(job.output).toMatchObject({
      kind: 'transcript',
      preview_url: null,
      downloaded: false,
      cost_seconds: 5,
    })
    expect(job.output!.duration_seconds).toBeCloseTo(4.18, 1)
    const free = await client.get<Version>(transcriptPath())
    expect(free).toMatchObject({ version: 1, complete: false })
    const words = free.transcript.segments.flatMap(({ words }) => words)
    expect(words.length).toBeGreaterThan(0)
    expect(Math.max(...words.map(({ start }) => start))).toBeLessThan(2)
    expect(job.output!.preview_text).toBe(free.transcript.text)
  })

  it('takes no correction before the first download, which charges the length of the recording once', async () => {
    const correction = { version: 1, transcript: { segments: [] } }
    await expectStatus(await client.request('PUT', transcriptPath(), correction), 402)
    const before = await client.balance()
    const whole = (await (await download('?format=json')).json()) as Transcript
    expect(await client.balance()).toBe(before - 5)
    expect(await client.get<Version>(transcriptPath())).toMatchObject({ complete: true, transcript: whole })
    await download('?format=srt')
    expect(await client.balance()).toBe(before - 5)
  })

  it.each([
    ['txt', 'text/plain', /\w/],
    ['srt', 'application/x-subrip', /^1\n00:00:0\d,\d{3} --> /],
    ['vtt', 'text/vtt', /^WEBVTT\n/],
    ['tsv', 'text/tab-separated-values', /^start\tend\ttext\n/],
    ['docx', 'application/vnd.openxmlformats', /^PK/],
    ['pdf', 'application/pdf', /^%PDF-/],
    ['verbose_json', 'application/json', /"usage"/],
    ['diarized_json', 'application/json', /"transcript\.text\.segment"/],
  ])('downloads as %s', async (format, type, beginning) => {
    const answer = await download(`?format=${format}`)
    expect(answer.headers.get('content-type')).toContain(type)
    expect(await answer.text()).toMatch(beginning)
  })

  it('refuses to make sound of a transcript, and lines that are too short', async () => {
    const path = `/api/audio/download-audio/${jobId}`
    await expectStatus(await client.request('GET', `${path}?format=mp3`), 422)
    await expectStatus(await client.request('GET', `${path}?format=srt&max_line_length=2`), 400)
  })

  it('keeps corrections as versions, and makes every format from the newest', async () => {
    const { transcript } = await client.get<Version>(transcriptPath())
    const first = transcript.segments[0]!
    const corrected = {
      version: 1,
      transcript: {
        speakers: [{ id: 'ada', name: 'Ada' }],
        segments: [{ start: first.start, end: first.end, text: 'An entirely other text.', speaker: 'ada' }],
      },
    }
    const answer = await expectStatus(await client.request('PUT', transcriptPath(), corrected), 200)
    const saved = (await answer.json()) as Version
    expect(saved.version).toBe(2)
    expect(saved.transcript.segments[0]!.words.map(({ text }) => text)).toEqual([
      'An',
      'entirely',
      'other',
      'text.',
    ])
    expect(await (await download('?format=vtt&max_line_length=12')).text()).toContain(
      '<v Ada>An entirely\nother text.',
    )
    // Somebody who still sees version 1 must not overwrite version 2.
    await expectStatus(await client.request('PUT', transcriptPath(), corrected), 409)
    expect(listed(await client.get(`${transcriptPath()}/versions`))).toEqual([1, 2])
    expect(await client.get<Version>(`${transcriptPath()}?version=1`)).toMatchObject({ transcript })
    await expectStatus(await client.request('GET', `${transcriptPath()}?version=3`), 404)
  })

  it('refuses times that run backwards by the name of the field', async () => {
    const wrong = { version: 2, transcript: { segments: [{ start: 3, end: 1, text: 'no' }] } }
    const answer = await expectStatus(await client.request('PUT', transcriptPath(), wrong), 400)
    expect(await answer.text()).toContain('transcript.segments.0.end')
  })

  it('aligns a corrected text to the recording again, as a job of its own', async () => {
    const truth = 'The weather was cold and the wind came from the north all day.'
    const correction = { version: 2, transcript: { segments: [{ start: 0, end: 4.1, text: truth }] } }
    await expectStatus(await client.request('PUT', transcriptPath(), correction), 200)
    const answer = await expectStatus(await client.request('POST', `${transcriptPath()}/align`), 202)
    const { job_id } = (await answer.json()) as { job_id: string }
    expect(await client.finished(job_id)).toMatchObject({ status: 'completed', error: null })
    await expectStatus(await client.request('GET', `/api/audio/download-audio/${job_id}`), 302)
    const { transcript } = await client.get<Version>(`/api/audio/jobs/${job_id}/transcript`)
    const words = transcript.segments.flatMap(({ words }) => words)
    expect(words.map(({ text }) => text).join(' ')).toBe(truth)
    expect(words.find(({ text }) => text === 'cold')!.start).toBeCloseTo(1.228, 0)
    expect(words.find(({ text }) => text === 'day.')!.end).toBeGreaterThan(3.5)
  })

  it("hides other people's transcripts, and says where a job has none", async () => {
    const stranger = await signUp(product)
    await expectStatus(await stranger.request('GET', transcriptPath()), 404)
    await expectStatus(
      await stranger.request('PUT', transcriptPath(), { version: 1, transcript: { segments: [] } }),
      404,
    )
    const audio = await client.finished((await client.start(await speech('letter.opus'))).job_id)
    await expectStatus(await client.request('GET', `/api/audio/jobs/${audio.job_id}/transcript`), 409)
  })

  it('fails a job without a script to align before it starts', async () => {
    const answer = await client.process(await speech('letter.opus'), 'letter.opus', {
      capability: 'speech-to-text',
      parameters: JSON.stringify({ task: 'align' }),
    })
    await expectStatus(answer, 422)
    expect(await answer.text()).toContain('script')
  })
})
