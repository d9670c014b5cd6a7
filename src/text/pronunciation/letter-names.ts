import type { Phone } from '../utterance'

const names: Readonly<Record<string, string>> = {
  a: 'EY1', b: 'B IY1', c: 'S IY1', d: 'D IY1', e: 'IY1', f: 'EH1 F', g: 'JH IY1', h: 'EY1 CH', i: 'AY1', j: 'JH EY1', k: 'K EY1',
  l: 'EH1 L', m: 'EH1 M', n: 'EH1 N', o: 'OW1', p: 'P IY1', q: 'K Y UW1', r: 'AA1 R', s: 'EH1 S', t: 'T IY1', u: 'Y UW1',
  v: 'V IY1', w: 'D AH1 B AH0 L Y UW0', x: 'EH1 K S', y: 'W AY1', z: 'Z IY1',
} // prettier-ignore

/** How a letter is called; null for letters outside of the English alphabet. */
export function letterName(letter: string, british: boolean): readonly Phone[] | null {
  const plain = letter.normalize('NFD')[0]?.toLowerCase() ?? ''
  if (plain === 'z' && british) return ['Z', 'EH1', 'D']
  return names[plain]?.split(' ') ?? null
}
