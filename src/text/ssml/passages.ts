import { SaxesParser } from 'saxes'
import { AppError } from '../../platform/errors'
import { plainProsody, type Passage, type Reading } from '../passage'
import { ipaToPhones, PhoneticError, readArpabet, xSampaToIpa } from '../phonemes'
import { knownInterpretations } from '../say-as'
import type { Prosody } from '../utterance'
import {
  AttributeError,
  within,
  readBreak,
  readEmphasis,
  readPitch,
  readRate,
  readVolume,
} from './attributes'
import { createPassageBuilder, type PassageBuilder } from './passage-builder'

export interface SsmlOptions {
  language: string
  voicePitchHz: number
  onWarning(message: string): void
}

type Attributes = Readonly<Record<string, string | undefined>>

interface Frame {
  name: string
  prosody: Prosody
  language: string
  /** Of `say-as`, `sub` and `phoneme`: what their text becomes, and where it begins. */
  reading: { start: number; reading: Reading } | null
}

/** Elements that are valid and change nothing here. */
const ignored = new Set(['lexicon', 'lookup', 'meta', 'metadata'])
/** Elements whose content is not read. */
const silent = new Set(['metadata', 'desc'])
const supported = 'speak, p, s, break, prosody, emphasis, say-as, sub, phoneme, w, token, mark, lang, voice'

/**
 * Paragraphs of a document of the Speech Synthesis Markup Language 1.1 (https://www.w3.org/TR/speech-synthesis11/).
 * Nesting costs a stack of our own, not the machine's; entities other than XML's five and character references are
 * refused.
 * @throws AppError `invalid_parameter` with line and column.
 */
export function ssmlPassages(source: string, options: SsmlOptions): Passage[] {
  const builder = createPassageBuilder(plainProsody, options.language)
  const parser = new SaxesParser({ xmlns: false, position: true })
  const frames: Frame[] = []
  /** Where the text begins that comes with the next event. */
  let behind = 0
  let skipped = 0

  function fail(problem: string): never {
    const { line, column } = parser
    throw new AppError('invalid_parameter', {
      message: `The SSML is not valid at line ${line}, column ${column}: ${problem}.`,
      details: { line, column },
    })
  }

  parser.on('error', ({ message }) => fail(message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')))
  parser.on('doctype', (doctype) => {
    if (doctype.includes('[')) fail('entities cannot be declared')
    behind = parser.position
  })
  parser.on('comment', () => (behind = parser.position))
  parser.on('processinginstruction', () => (behind = parser.position))
  parser.on('cdata', (text) => {
    const start = source.indexOf('<![CDATA[', behind) + 9
    if (skipped === 0) builder.text(text, start, null)
    behind = start + text.length + 3
  })
  parser.on('text', () => {
    if (frames.length === 0 || skipped > 0) return
    const next = source.indexOf('<', behind)
    decode(source, behind, next === -1 ? source.length : next, builder)
  })
  parser.on('opentag', ({ name, attributes }) => {
    behind = parser.position
    if (skipped > 0 || silent.has(name)) {
      if (ignored.has(name)) options.onWarning(`<${name}> is ignored.`)
      skipped++
      return
    }
    const parent = frames.at(-1)
    if (!parent && name !== 'speak') fail(`the document begins with <${name}>, not with <speak>`)
    if (parent?.reading) fail(`<${parent.name}> holds text only, not <${name}>`)
    try {
      frames.push(open(name, attributes, parent, builder, parser.position, options))
    } catch (error) {
      if (error instanceof AttributeError || error instanceof PhoneticError)
        fail(`<${name}>: ${error.message.replace(/\.$/, '')}`)
      throw error
    }
  })
  parser.on('closetag', () => {
    behind = parser.position
    if (skipped > 0) {
      skipped--
      return
    }
    close(frames.pop()!, frames.at(-1), builder)
  })
  parser.write(source).close()
  builder.end()
  return builder.passages
}

/** Text with its entities: each stands for the whole of its source. */
function decode(source: string, start: number, end: number, builder: PassageBuilder): void {
  const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  let from = start
  const entity = /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi
  entity.lastIndex = start
  for (let match = entity.exec(source); match && match.index < end; match = entity.exec(source)) {
    if (match.index > from) builder.text(source.slice(from, match.index), from, null)
    const [all, hex, decimal, name] = match
    const text = name ? named[name]! : String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal))
    builder.text(text, match.index, all.length)
    from = match.index + all.length
  }
  if (end > from) builder.text(source.slice(from, end), from, null)
}

function open(
  name: string,
  attributes: Attributes,
  parent: Frame | undefined,
  builder: PassageBuilder,
  position: number,
  options: SsmlOptions,
): Frame {
  const language = attributes['xml:lang'] ?? parent?.language ?? options.language
  const frame: Frame = { name, prosody: parent?.prosody ?? plainProsody, language, reading: null }
  const needed = (attribute: string): string => {
    const value = attributes[attribute]
    if (value === undefined) throw new AttributeError(`the attribute “${attribute}” is missing`)
    return value
  }
  if (ignored.has(name)) {
    options.onWarning(`<${name}> is ignored.`)
    return frame
  }
  const start = builder.offset
  switch (name) {
    case 'speak':
    case 'w':
    case 'token':
    case 'lang':
      break
    case 'p':
      builder.end()
      break
    case 's':
      builder.sentenceEnd()
      break
    case 'break':
      builder.pause(readBreak(attributes))
      break
    case 'mark':
      builder.mark(needed('name'), position)
      break
    case 'prosody':
      frame.prosody = changed(frame.prosody, attributes, options)
      break
    case 'emphasis':
      frame.prosody = { ...frame.prosody, emphasis: readEmphasis(attributes.level) }
      break
    case 'voice':
      options.onWarning(
        `<voice${['name', 'gender', 'age', 'variant', 'languages'].map((key) => (attributes[key] ? ` ${key}="${attributes[key]}"` : '')).join('')}> is ignored: the whole text is said by one voice.`,
      )
      break
    case 'sub':
      frame.reading = { start, reading: { kind: 'alias', text: needed('alias') } }
      break
    case 'phoneme': {
      const ph = needed('ph')
      frame.reading = {
        start,
        reading: { kind: 'phones', words: phonesOf(ph, attributes.alphabet ?? 'ipa') },
      }
      break
    }
    case 'say-as': {
      const interpretAs = needed('interpret-as')
        .toLowerCase()
        .replace(/^vxml:/, '')
      if (!knownInterpretations.has(interpretAs))
        options.onWarning(`<say-as interpret-as="${interpretAs}"> is not known; its text is read as usual.`)
      frame.reading = {
        start,
        reading: {
          kind: 'say-as',
          interpretAs,
          format: attributes.format ?? null,
          detail: attributes.detail ?? null,
        },
      }
      break
    }
    case 'audio':
      throw new AttributeError('recordings cannot be played within speech here; take <audio> out')
    default:
      throw new AttributeError(`the element is not known; there are ${supported}`)
  }
  builder.style(frame.prosody, frame.language)
  return frame
}

function close(frame: Frame, parent: Frame | undefined, builder: PassageBuilder): void {
  if (frame.reading) builder.read(frame.reading.start, frame.reading.reading)
  if (frame.name === 's') builder.sentenceEnd()
  if (frame.name === 'p') builder.end()
  if (parent) builder.style(parent.prosody, parent.language)
}

function changed(prosody: Prosody, attributes: Attributes, options: SsmlOptions): Prosody {
  for (const name of ['contour', 'range', 'duration']) {
    if (attributes[name] !== undefined)
      options.onWarning(`<prosody ${name}="${attributes[name]}"> is ignored.`)
  }
  const { rate, pitch, volume } = attributes
  return {
    ...prosody,
    rate: rate === undefined ? prosody.rate : within(prosody.rate * readRate(rate), 0.25, 4),
    pitchSemitones:
      pitch === undefined
        ? prosody.pitchSemitones
        : within(prosody.pitchSemitones + readPitch(pitch, options.voicePitchHz), -24, 24),
    volumeDb:
      volume === undefined ? prosody.volumeDb : within(prosody.volumeDb + readVolume(volume), -96, 20),
  }
}

function phonesOf(ph: string, alphabet: string) {
  switch (alphabet.toLowerCase()) {
    case 'ipa':
      return ipaToPhones(ph)
    case 'x-sampa':
      return ipaToPhones(xSampaToIpa(ph))
    case 'x-arpabet':
    case 'x-cmu':
    case 'x-arpa':
      return readArpabet(ph)
    default:
      throw new AttributeError(`alphabet="${alphabet}" is none of ipa, x-sampa, x-arpabet`)
  }
}
