import { describe, expect, it } from 'vitest'

import { surveyText } from './survey'
import { simpleUtterances, word } from './testing/words'

const reads = ({ phones }: { phones: readonly string[] | null }) => phones !== null
const { signal } = new AbortController()

describe('surveyText', () => {
  it('counts words, and names a few that cannot be said', async () => {
    const text = `${'one two three four five '.repeat(20)} привет мир`
    expect(await surveyText(simpleUtterances(text), reads, [], signal)).toEqual({
      ...{ words: 102, unreadableCount: 2, unreadable: ['привет', 'мир'] },
    })
  })

  it('refuses a text of which too much would be left out', async () => {
    await expect(surveyText(simpleUtterances('one two мир'), reads, [], signal)).rejects.toMatchObject({
      code: 'invalid_parameter',
      message: expect.stringContaining('1 of 3 words: “мир”') as string,
    })
  })

  it('lists many words in bounded length', async () => {
    const words = Array.from({ length: 5000 }, (_, index) => word(`слово${index}`))
    const survey = surveyText([{ words, endsParagraph: true }], reads, [], signal)
    const { message } = (await survey.catch((error: unknown) => error)) as Error
    expect(message.length).toBeLessThan(700)
    expect(message).toContain('“слово19” …')
  })

  it('says what the front end left out where nothing remains', async () => {
    await expect(surveyText([], reads, ['“Привет” cannot be said.'], signal)).rejects.toMatchObject({
      message: expect.stringContaining('“Привет” cannot be said.') as string,
    })
  })

  it('ends when the job is canceled', async () => {
    const aborted = AbortSignal.abort(new Error('enough'))
    await expect(surveyText(simpleUtterances('one'), reads, [], aborted)).rejects.toThrow('enough')
  })
})
