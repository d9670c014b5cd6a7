/**
 * Loops: what Whisper falls into where it hears nothing that it knows, the same few tokens again and again until it is
 * out of room. People repeat themselves too, hence the bounds.
 */

const LONGEST_PHRASE = 48
/** A loop says its phrase this often at least, … */
const MIN_TURNS = 4
/** … and goes on for so many tokens. */
const MIN_TOKENS = 32

/** Length of the phrase that `tokens` end in a loop of; 0 where they do not. */
export function loopPhrase(tokens: readonly number[]): number {
  for (let length = 1; length <= LONGEST_PHRASE; length++) {
    const turns = Math.max(MIN_TURNS, Math.ceil(MIN_TOKENS / length))
    if (turns * length > tokens.length) continue
    const first = tokens.length - turns * length
    let at = tokens.length - 1
    while (at - length >= first && tokens[at] === tokens[at - length]) at--
    if (at - length < first) return length
  }
  return 0
}

/** How many of `tokens` are left when the loop at their end is said once only. */
export function lengthWithoutLoop(tokens: readonly number[]): number {
  const phrase = loopPhrase(tokens)
  if (phrase === 0) return tokens.length
  let at = tokens.length - 1
  while (at - phrase >= 0 && tokens[at] === tokens[at - phrase]) at--
  return at + 1
}
