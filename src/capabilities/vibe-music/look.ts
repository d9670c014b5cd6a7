import type { Mood } from '../../music/moods'

/** Colours of a clip's picture, 24-bit RGB. */
export interface Look {
  /** Of the background, from top to bottom. */
  top: number
  bottom: number
  /** Of waveform and title. */
  ink: number
}

/** Dark enough for white writing at a contrast of 4.5 to 1. */
const looks: Partial<Record<string, Look>> & Record<Mood, Look> = {
  happy: { top: 0xc2410c, bottom: 0x9d174d, ink: 0xffffff },
  hopeful: { top: 0x0f766e, bottom: 0x1e40af, ink: 0xffffff },
  calm: { top: 0x155e75, bottom: 0x1e3a5f, ink: 0xecfeff },
  sad: { top: 0x334155, bottom: 0x1e1b4b, ink: 0xe2e8f0 },
  dark: { top: 0x111827, bottom: 0x030712, ink: 0xd1d5db },
  tense: { top: 0x7f1d1d, bottom: 0x1c1917, ink: 0xfee2e2 },
  epic: { top: 0x78350f, bottom: 0x1c1917, ink: 0xfef3c7 },
  romantic: { top: 0x9d174d, bottom: 0x4c1d95, ink: 0xfce7f3 },
  playful: { top: 0x6d28d9, bottom: 0xbe185d, ink: 0xffffff },
  energetic: { top: 0xb91c1c, bottom: 0x6d28d9, ink: 0xffffff },
  dreamy: { top: 0x5b21b6, bottom: 0x1e3a8a, ink: 0xede9fe },
  mysterious: { top: 0x312e81, bottom: 0x0f172a, ink: 0xc7d2fe },
  nostalgic: { top: 0x7c2d12, bottom: 0x3b0764, ink: 0xffedd5 },
  confident: { top: 0x1e3a8a, bottom: 0x111827, ink: 0xffffff },
}

const plain: Look = { top: 0x1e293b, bottom: 0x0f172a, ink: 0xf8fafc }

export function lookOf(mood: string | undefined): Look {
  return looks[mood ?? ''] ?? plain
}

/** Writing that the font has: lines of at most so many characters, without emoji. More than four lines are cut. */
export function titleLines(title: string, maxCharacters = 18): string[] {
  const words = title
    .replaceAll(/\p{Extended_Pictographic}|\p{C}|\u200d|\ufe0f/gu, ' ')
    .split(/\s+/u)
    .filter(Boolean)
    .flatMap((word) => word.match(new RegExp(`.{1,${maxCharacters}}`, 'gsu')) ?? [])
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= maxCharacters)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.length > 4 ? [...lines.slice(0, 3), `${lines[3]!.slice(0, maxCharacters - 1)}…`] : lines
}
