import type { LocaleData } from './locale'

export const french: LocaleData = {
  tag: 'fr',
  numbers: {
    cardinal: `0: zéro; un; deux; trois; quatre; cinq; six; sept; huit; neuf; dix; onze; douze; treize; quatorze; quinze; seize;
      dix-sept; dix-huit; dix-neuf; 20: vingt; vingt et un; 22: vingt->>; 30: trente; 31: trente et un;
      32: trente->>; 40: quarante; 41: quarante et un; 42: quarante->>; 50: cinquante; 51: cinquante et un;
      52: cinquante->>; 60: soixante; 61: soixante et un; 62/20: soixante->>; 71: soixante et onze; 72/60: soixante->>;
      80/20: quatre-vingts; 81/20: quatre-vingt->>; 100: cent[ >>]; 200: << cents; 201: << cent[ >>]; 1000: mille[ >>];
      2000: <thousand< mille[ >>]; 1000000: un million[ >>]; 2000000: << millions[ >>]`,
    thousand: `0: =cardinal=; 80: quatre-vingt; 81: =cardinal=; 200: <cardinal< cent; 201: =cardinal=; 300: <cardinal< cent;
      301: =cardinal=; 400: <cardinal< cent; 401: =cardinal=; 500: <cardinal< cent; 501: =cardinal=; 600: <cardinal< cent;
      601: =cardinal=; 700: <cardinal< cent; 701: =cardinal=; 800: <cardinal< cent; 801: =cardinal=; 900: <cardinal< cent;
      901: =cardinal=`,
  },
  decimal: { sign: ',', word: 'virgule' },
  grouping: ' ',
  minus: 'moins',
  percent: 'pour cent',
  abbreviations: {
    m: 'monsieur',
    mme: 'madame',
    mlle: 'mademoiselle',
    dr: 'docteur',
    etc: 'et cetera',
    no: 'numéro',
    av: 'avenue',
  },
  signs: { '&': 'et', '+': 'plus', '=': 'égale' },
}
