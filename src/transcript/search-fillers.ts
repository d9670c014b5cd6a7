/** Sounds of hesitation by language, one spelling of each: `um` stands for “ummm” as well. */
const fillersByLanguage: Record<string, readonly string[]> = {
  en: ['um', 'uh', 'uhm', 'erm', 'er', 'ah', 'hm', 'mhm', 'mm', 'eh'],
  de: ['äh', 'ähm', 'öh', 'öhm', 'hm', 'mhm', 'eh', 'ehm'],
  es: ['eh', 'em', 'ehm', 'mm', 'hm'],
  fr: ['euh', 'heu', 'hm', 'hum', 'ah', 'mm'],
  hi: ['अं', 'अम', 'उम', 'हम्म', 'एह', 'um', 'uh'],
  it: ['eh', 'ehm', 'em', 'uhm', 'mm', 'ah'],
  nl: ['eh', 'ehm', 'uh', 'uhm', 'hm', 'mm'],
  pl: ['yy', 'yhm', 'ee', 'hm', 'mm'],
  pt: ['hum', 'hm', 'eh', 'ah', 'uhm', 'ahn'],
  sv: ['eh', 'öh', 'ehm', 'öhm', 'hm', 'mm'],
}

/** Default fillers of a language; of English where it is unknown or has no list. */
export function defaultFillers(language: string | null): readonly string[] {
  return fillersByLanguage[language?.split('-')[0]?.toLowerCase() ?? 'en'] ?? fillersByLanguage.en!
}

/** A filler's spellings with any of its letters drawn out: `um` matches “uumm”, `mm` matches “mmm” but not “m”. */
export function drawnOut(fillerToken: string): RegExp {
  const runs = fillerToken.match(/(\p{L}\p{M}*)\1*/gu) ?? []
  const source = runs.map((run) => {
    const letter = /^\p{L}\p{M}*/u.exec(run)![0]
    return `(?:${letter}){${run.length / letter.length},}`
  })
  return new RegExp(`^${source.join('')}$`, 'u')
}
