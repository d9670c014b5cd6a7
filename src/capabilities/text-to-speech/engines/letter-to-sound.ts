import { z } from 'zod'
import type { Engine, ModelFiles } from '../../../inference/engine'
import { floats } from '../../../inference/float-tensor'
import type { Runtime } from '../../../inference/runtime'
import { isVowel, phonemeOf } from '../../../text/phonemes'
import type { Phone } from '../../../text/utterance'

/** Models of kind `pronunciation`: a word in small letters and apostrophes to its phones. */
export type LetterToSoundEngine = Engine<{ word: string }, { phones: readonly Phone[] }>

const alphabet = "abcdefghijklmnopqrstuvwxyz'"
/** Longer words are read in pieces. */
const LONGEST_WORD = 40

const chunk = z
  .string()
  .refine((phones) => phones === '' || phones.split(' ').every((phone) => phonemeOf(phone)))
/** `chunks`: the phones that a letter may stand for, in the order of the scores. */
const optionsSchema = z.object({ chunks: z.array(chunk).min(2) })

/**
 * A network that says of every letter which phones it stands for, none, one or two (scripts/train/pronunciation).
 *
 * The graph: input `letters` [1, T] int64, 1 for “a” to 27 for the apostrophe; output `scores` [1, T, chunks],
 * logarithms of probabilities.
 */
export const letterToSoundEngine: LetterToSoundEngine = {
  id: 'letter-to-sound',
  async load(model: ModelFiles, runtime: Runtime) {
    const { chunks } = optionsSchema.parse(model.manifest.options)
    const file = model.manifest.files[0]!
    const session = await runtime.createSession(model.path(file.path))
    const table = chunks.map((phones) => phones.split(' ').filter((phone) => phone !== ''))
    return {
      // 8-bit weights are widened to 32 bits.
      bytes: 4 * (file.bytes ?? 0),
      async run({ word }, job) {
        const phones: Phone[] = []
        const letters = Array.from(word.toLowerCase()).filter((letter) => alphabet.includes(letter))
        for (let at = 0; at < letters.length; at += LONGEST_WORD) {
          job.signal.throwIfAborted()
          const numbers = letters
            .slice(at, at + LONGEST_WORD)
            .map((letter) => BigInt(alphabet.indexOf(letter) + 1))
          const data = BigInt64Array.from(numbers)
          const outputs = await session.run({ letters: { data, dims: [1, data.length] } })
          phones.push(...bestPhones(floats(outputs, 'scores').data, table))
        }
        return { phones }
      },
      release: () => session.release(),
    }
  },
}

/** A partial reading: its score and the chunks so far. */
interface Path {
  score: number
  chunks: readonly number[]
}

/** The most probable chunks of all that give the word exactly one primary stress, where it has a vowel at all. */
function bestPhones(scores: Float32Array, table: readonly (readonly Phone[])[]): Phone[] {
  const stresses = table.map((phones) => phones.filter((phone) => phone.endsWith('1')).length)
  /** By the number of primary stresses: none, one. */
  let paths: (Path | null)[] = [{ score: 0, chunks: [] }, null]
  for (let row = 0; row < scores.length; row += table.length) {
    const plain = best(scores, row, stresses, 0)
    const stressed = best(scores, row, stresses, 1)
    const [none, one] = paths
    paths = [extended(none, plain), better(extended(one, plain), extended(none, stressed))]
  }
  const [none, one] = paths
  const phonesOf = (path: Path | null | undefined) => (path?.chunks ?? []).flatMap((index) => table[index]!)
  const stressed = phonesOf(one)
  return stressed.some(isVowel) ? stressed : phonesOf(none)
}

/** The most probable chunk with so many primary stresses. */
function best(scores: Float32Array, row: number, stresses: readonly number[], wanted: number): Path | null {
  let found: Path | null = null
  stresses.forEach((count, index) => {
    const score = scores[row + index]!
    if (count === wanted && (!found || score > found.score)) found = { score, chunks: [index] }
  })
  return found
}

function extended(path: Path | null | undefined, next: Path | null): Path | null {
  return path && next ? { score: path.score + next.score, chunks: [...path.chunks, ...next.chunks] } : null
}

function better(one: Path | null, other: Path | null): Path | null {
  if (!one || !other) return one ?? other
  return one.score >= other.score ? one : other
}
