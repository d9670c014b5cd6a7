import { AppError } from '../../../platform/errors'
import { createChildTable, createNgramModel, type NgramModel, type NgramNodes } from './ngram-model'
import { linesOf } from './text-lines'

const MAX_ORDER = 5

/**
 * Reads an ARPA language model of order 1–5, plain or gzipped, line by line into typed arrays.
 *
 * @throws AppError `model_corrupt` where the file is damaged or is something else.
 */
export async function readArpa(path: string): Promise<NgramModel> {
  const reader = createArpaReader()
  try {
    for await (const line of linesOf(path)) reader.line(line)
    return reader.end()
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('model_corrupt', { message: 'The language model could not be read.', cause })
  }
}

/** The same from a text. */
export function parseArpa(text: string): NgramModel {
  const reader = createArpaReader()
  for (const line of text.split('\n')) reader.line(line)
  return reader.end()
}

function createArpaReader() {
  const counts: number[] = []
  let section = -1
  let ended = false
  let builder: ReturnType<typeof createNodeBuilder> | undefined

  return {
    line(raw: string): void {
      const line = raw.trim()
      if (line === '' || ended) return
      if (line.startsWith('\\')) {
        if (line === '\\data\\') section = 0
        else if (line === '\\end\\') ended = true
        else section = Number(/^\\(\d)-grams:$/.exec(line)?.[1] ?? damaged(`what is “${line.slice(0, 40)}”?`))
      } else if (section === 0) {
        const count = /^ngram (\d)\s*=\s*(\d+)$/.exec(line) ?? damaged('a count cannot be read')
        counts[Number(count[1]) - 1] = Number(count[2])
      } else if (section > 0) {
        builder ??= createNodeBuilder(counts)
        builder.add(section, line)
      }
    },
    end(): NgramModel {
      if (!ended || !builder) damaged('it ends early')
      return builder.build()
    },
  }
}

function createNodeBuilder(counts: readonly number[]) {
  const order = counts.length
  if (order < 1 || order > MAX_ORDER) damaged(`orders 1–${MAX_ORDER} are understood`)
  const total = 1 + counts.reduce((sum, count) => sum + count, 0)
  if (!(total < 2 ** 28)) damaged('its counts cannot be right')
  const nodes: NgramNodes = {
    order,
    words: [],
    count: 1,
    firstOfTop: total - (counts[order - 1] ?? 0),
    word: new Int32Array(total),
    context: new Int32Array(total),
    probability: new Float32Array(total),
    backoff: new Float32Array(total),
  }
  const ids = new Map<string, number>()
  const children = createChildTable(total - (counts[0] ?? 0), nodes.context, nodes.word)

  const append = (context: number, word: number, probability: number, backoff: number): number => {
    const node = nodes.count++
    if (node >= total) damaged('it holds more n-grams than it says')
    if (!(probability <= 0.001) || Number.isNaN(backoff)) damaged('a number cannot be read')
    nodes.context[node] = context
    nodes.word[node] = word
    nodes.probability[node] = probability * Math.LN10
    nodes.backoff[node] = backoff * Math.LN10
    return node
  }
  return {
    add(length: number, line: string): void {
      const fields = fieldsOf(line)
      if (fields.length < length + 1 || fields.length > length + 2) damaged('a line has the wrong length')
      const probability = Number(fields[0])
      const backoff = fields.length > length + 1 ? Number(fields[length + 1]) : 0
      if (length === 1) {
        ids.set(fields[1]!, nodes.words.length)
        nodes.words.push(fields[1]!)
        append(0, nodes.words.length - 1, probability, backoff)
        return
      }
      let context = 0
      for (let at = 1; at < length && context >= 0; at++) {
        const word = ids.get(fields[at]!) ?? damaged('a word has no unigram')
        context = at === 1 ? 1 + word : children.find(context, word)
      }
      if (context < 0) damaged('an n-gram lacks its beginning')
      children.add(
        append(context, ids.get(fields[length]!) ?? damaged('a word has no unigram'), probability, backoff),
      )
    },
    build(): NgramModel {
      if (nodes.count !== total) damaged('it holds fewer n-grams than it says')
      return createNgramModel(nodes, children)
    },
  }
}

/** Probability, words, back-off weight: parted by tabs and blanks as a rule, by any white space at times. */
function fieldsOf(line: string): string[] {
  const [probability, words, backoff, ...more] = line.split('\t')
  if (words === undefined || more.length > 0) return line.split(/\s+/)
  return [probability!, ...words.split(' '), ...(backoff === undefined ? [] : [backoff])]
}

function damaged(why: string): never {
  throw new AppError('model_corrupt', { message: `The language model could not be read: ${why}.` })
}
