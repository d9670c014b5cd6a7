import type { LocaleData } from './locale'

export const spanish: LocaleData = {
  tag: 'es',
  numbers: {
    cardinal: `0: cero; uno; dos; tres; cuatro; cinco; seis; siete; ocho; nueve; diez; once; doce; trece; catorce; quince;
      dieciséis; diecisiete; dieciocho; diecinueve; veinte; veintiuno; veintidós; veintitrés; veinticuatro; veinticinco;
      veintiséis; veintisiete; veintiocho; veintinueve; 30: treinta[ y >>]; 40: cuarenta[ y >>]; 50: cincuenta[ y >>];
      60: sesenta[ y >>]; 70: setenta[ y >>]; 80: ochenta[ y >>]; 90: noventa[ y >>]; 100: cien; 101: ciento >>;
      200: doscientos[ >>]; 300: trescientos[ >>]; 400: cuatrocientos[ >>]; 500: quinientos[ >>]; 600: seiscientos[ >>];
      700: setecientos[ >>]; 800: ochocientos[ >>]; 900: novecientos[ >>]; 1000: mil[ >>]; 2000: <short< mil[ >>];
      1000000: un millón[ >>]; 2000000: <short< millones[ >>]`,
    short: `0: cero; un; 2: =cardinal=; 21: veintiún; 22: =cardinal=; 31: treinta y un; 32: =cardinal=; 41: cuarenta y un;
      42: =cardinal=; 51: cincuenta y un; 52: =cardinal=; 61: sesenta y un; 62: =cardinal=; 71: setenta y un;
      72: =cardinal=; 81: ochenta y un; 82: =cardinal=; 91: noventa y un; 92: =cardinal=; 101: ciento >>;
      200: doscientos[ >>]; 300: trescientos[ >>]; 400: cuatrocientos[ >>]; 500: quinientos[ >>]; 600: seiscientos[ >>];
      700: setecientos[ >>]; 800: ochocientos[ >>]; 900: novecientos[ >>]; 1000: mil[ >>]; 2000: <short< mil[ >>]`,
  },
  decimal: { sign: ',', word: 'coma' },
  grouping: '.',
  minus: 'menos',
  percent: 'por ciento',
  abbreviations: {
    sr: 'señor',
    sra: 'señora',
    srta: 'señorita',
    dr: 'doctor',
    dra: 'doctora',
    ud: 'usted',
    etc: 'etcétera',
    pág: 'página',
    núm: 'número',
  },
  signs: { '&': 'y', '+': 'más', '=': 'igual a' },
}
