import { describe, expect, it } from 'vitest'

import { askedJob } from '../../../test/fixtures/asked-job'
import { testManifest } from '../../../test/fixtures/model-folder'
import { dubProblems } from './dub-problems'
import { dubbingParameters } from './index'

const listener = testManifest({ id: 'ear', capability: 'speech-to-text', languages: ['en'], title: 'Ear' })
const polyglot = testManifest({ id: 'ears', capability: 'speech-to-text', languages: ['en', 'es'] })
const speaker = testManifest({ id: 'mouth', capability: 'text-to-speech', languages: ['en'] })
const spaniard = testManifest({ id: 'boca', capability: 'text-to-speech', languages: ['es-ES'] })
const said = [{ start: 0, end: 1, text: 'Uno.', source_text: 'One.' }]
const unsaid = [...said, { start: 2, end: 3, text: '', source_text: 'Two.' }]

function problems(parameters: object, others = [listener, polyglot, speaker, spaniard]) {
  const job = askedJob(testManifest({ capability: 'dubbing' }), { others, voices: ['mine'] })
  return dubProblems(dubbingParameters.parse(parameters), job)
}

describe('a dub is refused', () => {
  it.each([
    [{ recognizer: 'nose' }, 'recognizer', /no speech-to-text model “nose”/],
    [{ speech_model: 'ear' }, 'speech_model', /no text-to-speech model “ear”/],
    [{ source_language: 'es' }, 'source_language', /“Ear” does not understand es/],
    [{ voice_id: 'theirs' }, 'voice_id', /no voice “theirs”/],
    [{ target_language: 'es', segments: said }, 'target_language', /speaks en, not es/],
    [{ speech_model: 'boca', segments: said }, 'target_language', /speaks es-ES, not en/],
    [{ segments: [{ ...said[0], text: '🎉' }] }, 'segments', /“🎉” cannot be spoken/],
    [{ ssml: true, segments: said }, 'segments', /“Uno.” cannot be spoken: The SSML/],
  ])('with %j', (parameters, path, message) => {
    expect(problems(parameters)).toEqual([{ path, message: expect.stringMatching(message) as string }])
  })
})

describe('a dub is taken', () => {
  it.each([
    {},
    { source_language: 'es', recognizer: 'ears' },
    { source_language: 'es', segments: said },
    { voice_id: 'mine' },
    { target_language: 'es', speech_model: 'boca', segments: said },
    // Where a text is missing or to be checked, text is what comes.
    { target_language: 'es' },
    { target_language: 'es', segments: unsaid },
    { target_language: 'es', segments: said, review: true },
  ])('with %j', (parameters) => expect(problems(parameters)).toEqual([]))

  it('where nothing is installed to tell by', () => {
    expect(problems({ target_language: 'es', segments: said, voice_id: 'theirs' }, [])).toEqual([])
  })
})
