/**
 * Fast Fourier transforms of any length that factors into 2, 3, 4 and 5, on tables made once.
 *
 * Stockham's autosort form: every pass reads one buffer and writes the other in order, so there is no bit reversal and
 * lengths such as 480 or 768 cost no more per point than powers of two. Complex numbers are interleaved (re, im, …) in
 * `Float64Array`; one array type throughout, because mixing types halves the speed of the loops.
 */

/** In-place-looking complex transform: `data` holds `2 × length` numbers, before and after. Unscaled. */
export interface ComplexFft {
  length: number
  /** X[k] = Σ x[n]·e^(−2πikn/N). */
  forward(data: Float64Array): void
}

/** Transform of real signals of an even length N; spectra hold N/2 + 1 interleaved complex numbers. */
export interface RealFft {
  length: number
  /** Numbers in a spectrum: N + 2. */
  spectrumLength: number
  /** Unscaled: a spectrum's bin k is Σ x[n]·e^(−2πikn/N). `signal` is left as it is. */
  forward(signal: Float64Array, spectrum: Float64Array): void
  /** Inverse of `forward` including the factor 1/N. `spectrum` is left as it is. */
  inverse(spectrum: Float64Array, signal: Float64Array): void
}

interface Pass {
  radix: number
  /** Length of the sub-transform that this pass splits, divided by its radix. */
  columns: number
  /** Distance between the elements of one sub-transform. */
  stride: number
  /** For column p and factor q = 1 … radix − 1: e^(−2πipq/(columns·radix)), interleaved. */
  twiddles: Float64Array
}

/** Fives and threes first, then a two if it takes one, then fours: the last pass needs no twiddles, and is a cheap one. */
function nextRadix(rest: number): number | undefined {
  const odd = [5, 3].find((candidate) => rest % candidate === 0)
  return odd ?? (Number.isInteger(Math.log2(rest)) ? (Math.log2(rest) % 2 === 1 ? 2 : 4) : undefined)
}

function planPasses(length: number): Pass[] {
  const passes: Pass[] = []
  let rest = length
  let stride = 1
  while (rest > 1) {
    const radix = nextRadix(rest)
    if (radix === undefined) throw new RangeError(`FFT length ${length} has a prime factor above 5`)
    const columns = rest / radix
    const twiddles = new Float64Array(2 * columns * (radix - 1))
    for (let p = 0; p < columns; p++) {
      for (let q = 1; q < radix; q++) {
        const angle = (-2 * Math.PI * p * q) / rest
        const at = 2 * (p * (radix - 1) + q - 1)
        twiddles[at] = Math.cos(angle)
        twiddles[at + 1] = Math.sin(angle)
      }
    }
    passes.push({ radix, columns, stride, twiddles })
    rest = columns
    stride *= radix
  }
  return passes
}

/* The butterflies below index arrays whose bounds the plan fixes, hence the non-null assertions. */

function radix2(pass: Pass, from: Float64Array, to: Float64Array): void {
  const { columns, stride, twiddles } = pass
  const half = 2 * columns * stride
  for (let p = 0; p < columns; p++) {
    const wr = twiddles[2 * p]!
    const wi = twiddles[2 * p + 1]!
    for (let s = 0; s < stride; s++) {
      const i = 2 * (s + stride * p)
      const o = 2 * (s + stride * 2 * p)
      const ar = from[i]!
      const ai = from[i + 1]!
      const br = from[i + half]!
      const bi = from[i + half + 1]!
      const dr = ar - br
      const di = ai - bi
      to[o] = ar + br
      to[o + 1] = ai + bi
      to[o + 2 * stride] = dr * wr - di * wi
      to[o + 2 * stride + 1] = dr * wi + di * wr
    }
  }
}

function radix3(pass: Pass, from: Float64Array, to: Float64Array): void {
  const { columns, stride, twiddles } = pass
  const third = 2 * columns * stride
  const sine = Math.sqrt(3) / 2
  for (let p = 0; p < columns; p++) {
    const w1r = twiddles[4 * p]!
    const w1i = twiddles[4 * p + 1]!
    const w2r = twiddles[4 * p + 2]!
    const w2i = twiddles[4 * p + 3]!
    for (let s = 0; s < stride; s++) {
      const i = 2 * (s + stride * p)
      const o = 2 * (s + stride * 3 * p)
      const ar = from[i]!
      const ai = from[i + 1]!
      const sumR = from[i + third]! + from[i + 2 * third]!
      const sumI = from[i + third + 1]! + from[i + 2 * third + 1]!
      const turnR = sine * (from[i + third + 1]! - from[i + 2 * third + 1]!)
      const turnI = sine * (from[i + 2 * third]! - from[i + third]!)
      const midR = ar - 0.5 * sumR
      const midI = ai - 0.5 * sumI
      to[o] = ar + sumR
      to[o + 1] = ai + sumI
      const yr = midR + turnR
      const yi = midI + turnI
      to[o + 2 * stride] = yr * w1r - yi * w1i
      to[o + 2 * stride + 1] = yr * w1i + yi * w1r
      const zr = midR - turnR
      const zi = midI - turnI
      to[o + 4 * stride] = zr * w2r - zi * w2i
      to[o + 4 * stride + 1] = zr * w2i + zi * w2r
    }
  }
}

function radix4(pass: Pass, from: Float64Array, to: Float64Array): void {
  const { columns, stride, twiddles } = pass
  const quarter = 2 * columns * stride
  for (let p = 0; p < columns; p++) {
    const w1r = twiddles[6 * p]!
    const w1i = twiddles[6 * p + 1]!
    const w2r = twiddles[6 * p + 2]!
    const w2i = twiddles[6 * p + 3]!
    const w3r = twiddles[6 * p + 4]!
    const w3i = twiddles[6 * p + 5]!
    for (let s = 0; s < stride; s++) {
      const i = 2 * (s + stride * p)
      const o = 2 * (s + stride * 4 * p)
      const ar = from[i]!
      const ai = from[i + 1]!
      const br = from[i + quarter]!
      const bi = from[i + quarter + 1]!
      const cr = from[i + 2 * quarter]!
      const ci = from[i + 2 * quarter + 1]!
      const dr = from[i + 3 * quarter]!
      const di = from[i + 3 * quarter + 1]!
      const apcR = ar + cr
      const apcI = ai + ci
      const amcR = ar - cr
      const amcI = ai - ci
      const bpdR = br + dr
      const bpdI = bi + di
      const turnR = bi - di
      const turnI = dr - br
      to[o] = apcR + bpdR
      to[o + 1] = apcI + bpdI
      const xr = amcR + turnR
      const xi = amcI + turnI
      to[o + 2 * stride] = xr * w1r - xi * w1i
      to[o + 2 * stride + 1] = xr * w1i + xi * w1r
      const yr = apcR - bpdR
      const yi = apcI - bpdI
      to[o + 4 * stride] = yr * w2r - yi * w2i
      to[o + 4 * stride + 1] = yr * w2i + yi * w2r
      const zr = amcR - turnR
      const zi = amcI - turnI
      to[o + 6 * stride] = zr * w3r - zi * w3i
      to[o + 6 * stride + 1] = zr * w3i + zi * w3r
    }
  }
}

/** The last pass: one column, every twiddle is 1. */
function lastRadix4(pass: Pass, from: Float64Array, to: Float64Array): void {
  const quarter = 2 * pass.stride
  for (let i = 0; i < quarter; i += 2) {
    const ar = from[i]!
    const ai = from[i + 1]!
    const br = from[i + quarter]!
    const bi = from[i + quarter + 1]!
    const cr = from[i + 2 * quarter]!
    const ci = from[i + 2 * quarter + 1]!
    const dr = from[i + 3 * quarter]!
    const di = from[i + 3 * quarter + 1]!
    to[i] = ar + cr + (br + dr)
    to[i + 1] = ai + ci + (bi + di)
    to[i + quarter] = ar - cr + (bi - di)
    to[i + quarter + 1] = ai - ci + (dr - br)
    to[i + 2 * quarter] = ar + cr - (br + dr)
    to[i + 2 * quarter + 1] = ai + ci - (bi + di)
    to[i + 3 * quarter] = ar - cr - (bi - di)
    to[i + 3 * quarter + 1] = ai - ci - (dr - br)
  }
}

function radix5(pass: Pass, from: Float64Array, to: Float64Array): void {
  const { columns, stride, twiddles } = pass
  const fifth = 2 * columns * stride
  const c1 = Math.cos((2 * Math.PI) / 5)
  const c2 = Math.cos((4 * Math.PI) / 5)
  const s1 = Math.sin((2 * Math.PI) / 5)
  const s2 = Math.sin((4 * Math.PI) / 5)
  for (let p = 0; p < columns; p++) {
    const w = 8 * p
    for (let s = 0; s < stride; s++) {
      const i = 2 * (s + stride * p)
      const o = 2 * (s + stride * 5 * p)
      const ar = from[i]!
      const ai = from[i + 1]!
      const outerR = from[i + fifth]! + from[i + 4 * fifth]!
      const outerI = from[i + fifth + 1]! + from[i + 4 * fifth + 1]!
      const outerDr = from[i + fifth]! - from[i + 4 * fifth]!
      const outerDi = from[i + fifth + 1]! - from[i + 4 * fifth + 1]!
      const innerR = from[i + 2 * fifth]! + from[i + 3 * fifth]!
      const innerI = from[i + 2 * fifth + 1]! + from[i + 3 * fifth + 1]!
      const innerDr = from[i + 2 * fifth]! - from[i + 3 * fifth]!
      const innerDi = from[i + 2 * fifth + 1]! - from[i + 3 * fifth + 1]!
      to[o] = ar + outerR + innerR
      to[o + 1] = ai + outerI + innerI
      const mr = ar + c1 * outerR + c2 * innerR
      const mi = ai + c1 * outerI + c2 * innerI
      const nr = ar + c2 * outerR + c1 * innerR
      const ni = ai + c2 * outerI + c1 * innerI
      const ur = s1 * outerDi + s2 * innerDi
      const ui = -s1 * outerDr - s2 * innerDr
      const vr = s2 * outerDi - s1 * innerDi
      const vi = -s2 * outerDr + s1 * innerDr
      const step = 2 * stride
      const br = mr + ur
      const bi = mi + ui
      to[o + step] = br * twiddles[w]! - bi * twiddles[w + 1]!
      to[o + step + 1] = br * twiddles[w + 1]! + bi * twiddles[w]!
      const cr = nr + vr
      const ci = ni + vi
      to[o + 2 * step] = cr * twiddles[w + 2]! - ci * twiddles[w + 3]!
      to[o + 2 * step + 1] = cr * twiddles[w + 3]! + ci * twiddles[w + 2]!
      const dr = nr - vr
      const di = ni - vi
      to[o + 3 * step] = dr * twiddles[w + 4]! - di * twiddles[w + 5]!
      to[o + 3 * step + 1] = dr * twiddles[w + 5]! + di * twiddles[w + 4]!
      const er = mr - ur
      const ei = mi - ui
      to[o + 4 * step] = er * twiddles[w + 6]! - ei * twiddles[w + 7]!
      to[o + 4 * step + 1] = er * twiddles[w + 7]! + ei * twiddles[w + 6]!
    }
  }
}

function runPass(pass: Pass, from: Float64Array, to: Float64Array): void {
  if (pass.radix === 4 && pass.columns === 1) lastRadix4(pass, from, to)
  else if (pass.radix === 4) radix4(pass, from, to)
  else if (pass.radix === 2) radix2(pass, from, to)
  else if (pass.radix === 3) radix3(pass, from, to)
  else radix5(pass, from, to)
}

/** @throws RangeError for lengths with a prime factor above 5. */
export function createComplexFft(length: number): ComplexFft {
  const passes = planPasses(length)
  const scratch = new Float64Array(2 * length)
  return {
    length,
    forward(data) {
      let from: Float64Array = data
      let to: Float64Array = scratch
      for (const pass of passes) {
        runPass(pass, from, to)
        const swap = from
        from = to
        to = swap
      }
      if (from !== data) data.set(from)
    },
  }
}
