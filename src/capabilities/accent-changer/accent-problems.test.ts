import { expect, it } from 'vitest'

import { askedJob } from '../../../test/fixtures/asked-job'
import { testManifest } from '../../../test/fixtures/model-folder'
import { accentProblems } from './accent-problems'
import { accentChangerParameters } from './index'

const english = testManifest({ id: 'ear', capability: 'speech-to-text', languages: ['en'] })
const russian = testManifest({ id: 'ukho', capability: 'speech-to-text', languages: ['ru'] })
const speaker = testManifest({ id: 'rot', capability: 'text-to-speech', languages: ['ru'] })

const problems = (engine: string, recognizer = '') =>
  accentProblems(
    accentChangerParameters.parse({ recognizer }),
    askedJob(testManifest({ engine }), { others: [english, russian, speaker] }),
  ).map(({ path }) => path)

it('recognisers have to understand English, and speech models to speak it where all is said anew', () => {
  expect(problems('vowel-shift')).toEqual([])
  expect(problems('vowel-shift', 'nobody')).toEqual(['recognizer'])
  expect(problems('vowel-shift', 'ukho')).toEqual(['recognizer'])
  expect(problems('respeak')).toEqual(['target_accent'])
})
