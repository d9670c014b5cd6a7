import type { LocaleData } from './locale'

export const german: LocaleData = {
  tag: 'de',
  numbers: {
    cardinal: `0: null; eins; 2: =part=`,
    part: `0: null; ein; zwei; drei; vier; fünf; sechs; sieben; acht; neun; zehn; elf; zwölf; dreizehn; vierzehn; fünfzehn;
      sechzehn; siebzehn; achtzehn; neunzehn; 20: [>part>und]zwanzig; 30: [>part>und]dreißig; 40: [>part>und]vierzig;
      50: [>part>und]fünfzig; 60: [>part>und]sechzig; 70: [>part>und]siebzig; 80: [>part>und]achtzig;
      90: [>part>und]neunzig; 100: <part<hundert[>cardinal>]; 1000: <part<tausend[>cardinal>];
      1000000: eine Million[ >cardinal>]; 2000000: <part< Millionen[ >cardinal>]`,
  },
  decimal: { sign: ',', word: 'Komma' },
  grouping: '.',
  minus: 'minus',
  percent: 'Prozent',
  abbreviations: {
    dr: 'Doktor',
    hr: 'Herr',
    fr: 'Frau',
    nr: 'Nummer',
    str: 'Straße',
    bzw: 'beziehungsweise',
    usw: 'und so weiter',
    ca: 'circa',
    prof: 'Professor',
    vgl: 'vergleiche',
  },
  signs: { '&': 'und', '+': 'plus', '=': 'gleich' },
}
