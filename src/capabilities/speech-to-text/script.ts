import { commonSubsequence } from '../../transcript/correct'

/** What was heard in a window, to find the script's place in it. */
export interface HeardWindow {
  texts: readonly string[]
  speechSeconds: number
}

/** Below this share of matched words what was heard says little, and time decides. */
const trustedShare = 0.3

/**
 * Deals the words of a script out to the windows of a recording, in order and every word once. What was recognised in a
 * window says where its part of the script ends; where recognition is too poor to tell, its share of the speech does.
 */
export function dealScript(script: readonly string[], windows: readonly HeardWindow[]): string[][] {
  let position = 0
  let secondsLeft = windows.reduce((sum, { speechSeconds }) => sum + speechSeconds, 0)
  return windows.map((window, index) => {
    const left = script.length - position
    const share = secondsLeft > 0 ? window.speechSeconds / secondsLeft : 1
    const expected = Math.round(left * share)
    secondsLeft -= window.speechSeconds
    const isLast = index === windows.length - 1
    const taken = isLast ? left : Math.min(left, wordsIn(window, script.slice(position), expected))
    const words = script.slice(position, position + taken)
    position += taken
    return words
  })
}

function wordsIn({ texts }: HeardWindow, rest: readonly string[], expected: number): number {
  const reach = rest.slice(0, 2 * Math.max(expected, texts.length) + 20)
  const partners = commonSubsequence(texts.map(lettersOf), reach.map(lettersOf))
  const lastHeard = partners.findLastIndex((partner) => partner !== null)
  const matched = partners.filter((partner) => partner !== null).length
  if (lastHeard < 0 || matched < trustedShare * texts.length) return expected
  // Words that were heard behind the last match stand for as many words of the script.
  return partners[lastHeard]! + texts.length - lastHeard
}

/** Letters and digits only, so that punctuation and case do not matter. */
function lettersOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
}
