import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { z } from 'zod'

import type { CapabilityDefinition, TaskInput, TaskResources } from './capabilities'
import { AppError } from './platform/errors'

/** Files that stand for a user's voices and dictionaries, by the names that parameters use. */
export interface LocalResources {
  voices: ReadonlyMap<string, string>
  dictionaries: ReadonlyMap<string, string>
}

const dictionarySchema = z.array(
  z.object({
    written: z.string().min(1),
    spoken: z.string().min(1),
    alphabet: z.enum(['ipa', 'respelling']).default('ipa'),
  }),
)

/** Pairs of the form `<name>=<file>`; null where one is not, or its file is not there, with what is wrong with it. */
export function parseNamedFiles(
  pairs: readonly string[],
): { files: Map<string, string> } | { problem: string } {
  const files = new Map<string, string>()
  for (const pair of pairs) {
    const [, name, file] = /^([^=]+)=(.+)$/s.exec(pair) ?? []
    if (name === undefined || file === undefined)
      return { problem: `“${pair}” is not of the form <name>=<file>.` }
    if (!existsSync(file)) return { problem: `there is no file “${file}”.` }
    files.set(name, resolve(file))
  }
  return { files }
}

/** @throws AppError `invalid_parameter` where a file is no dictionary. */
export async function openResources({ voices, dictionaries }: LocalResources): Promise<TaskResources> {
  const opened = await Promise.all(
    [...dictionaries].map(async ([name, file]) => [name, await readDictionary(file)] as const),
  )
  return {
    voices: Object.fromEntries(
      [...voices].map(([name, samplePath]) => [name, { id: name, name, samplePath, profile: null }]),
    ),
    dictionaries: Object.fromEntries(opened),
  }
}

async function readDictionary(file: string) {
  try {
    return dictionarySchema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    throw new AppError('invalid_parameter', {
      message: `“${basename(file)}” is no dictionary: a JSON list of {"written", "spoken", "alphabet": "ipa" or "respelling"} is needed.`,
      cause: error,
    })
  }
}

const textExtensions = ['.txt', '.md', '.ssml', '.xml']

/** What a command line gives to work on: a file, or the text itself. */
export type LocalInput = { path: string } | { text: string }

/** A text file is text to a capability that takes texts; everything else is a recording. @throws AppError `text_too_long`. */
export async function openInput(definition: CapabilityDefinition, input: LocalInput): Promise<TaskInput> {
  if ('path' in input && !readsAsText(definition, input.path)) return { kind: 'audio', path: input.path }
  const text = 'text' in input ? input.text : await readFile(input.path, 'utf8')
  const most = definition.limits.maxTextCharacters
  if (text.length <= most) return { kind: 'text', text }
  throw new AppError('text_too_long', {
    message: `The text has ${text.length} characters; at most ${most} are taken.`,
  })
}

function readsAsText({ inputs }: CapabilityDefinition, path: string): boolean {
  if (!inputs.includes('text')) return false
  return !inputs.includes('audio') || textExtensions.includes(extname(path).toLowerCase())
}
