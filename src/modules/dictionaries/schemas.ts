import { z } from 'zod'
import { ipaToPhones, PhoneticError } from '../../text/phonemes'

export const MAX_ENTRIES = 10_000

const entryShape = z.strictObject({
  written: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .describe('Word or phrase as it stands in texts; letters match in either case.'),
  spoken: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .describe('How it is said: IPA, or another spelling; `TIM-ber` stresses the first syllable.'),
  alphabet: z.enum(['ipa', 'respelling']).default('respelling'),
})

export type DictionaryEntry = z.output<typeof entryShape>

/** All that is wrong with the entries at once, each by its number. */
export const entriesSchema = z
  .array(entryShape)
  .max(MAX_ENTRIES)
  .superRefine((entries, context) => {
    const seen = new Map<string, number>()
    entries.forEach((entry, index) => {
      const problem = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: [index, field], message })
      const key = entry.written.toLowerCase().replace(/\s+/g, ' ')
      const first = seen.get(key)
      if (first !== undefined) problem('written', `“${entry.written}” is already entry ${first}.`)
      else seen.set(key, index)
      if (!/[\p{L}\p{N}\p{S}]/u.test(entry.written)) problem('written', 'It holds no letter, figure or sign.')
      if (entry.alphabet === 'ipa') {
        const unreadable = ipaProblem(entry.spoken)
        if (unreadable !== null) problem('spoken', unreadable)
      } else if (!/[\p{L}\p{N}]/u.test(entry.spoken)) problem('spoken', 'It holds no letter.')
    })
  })

function ipaProblem(spoken: string): string | null {
  try {
    ipaToPhones(spoken)
    return null
  } catch (error) {
    if (error instanceof PhoneticError) return error.message
    throw error
  }
}

const name = z.string().trim().min(1).max(100)

export const newDictionarySchema = z.strictObject({ name, entries: entriesSchema.default([]) })

export const changedDictionarySchema = z.strictObject({
  name: name.optional(),
  entries: entriesSchema,
  version: z.int().min(1).optional().describe('The version that was changed, where no `If-Match` says it.'),
})

export const dictionaryItemSchema = z.object({
  id: z.string(),
  name: z.string(),
  version: z.int().describe('1 at first; every change adds one.'),
  entry_count: z.int(),
  created_at: z.string(),
  updated_at: z.string(),
})

export const dictionarySchema = dictionaryItemSchema.extend({ entries: z.array(entryShape) })
export type DictionaryView = z.output<typeof dictionarySchema>

export const dictionaryVersionItemSchema = z.object({
  version: z.int(),
  name: z.string(),
  entry_count: z.int(),
  created_at: z.string(),
})
export const dictionaryVersionSchema = dictionaryVersionItemSchema.extend({ entries: z.array(entryShape) })

export const dictionaryParamsSchema = z.object({ id: z.uuid() })
export const versionParamsSchema = dictionaryParamsSchema.extend({ version: z.coerce.number().int().min(1) })

/** What was stored; checked when it came. */
export const storedEntriesSchema = z.array(entryShape)
