/**
 * Times of tokens from cross attention (openai/whisper, `timing.py`): the alignment heads' weights, normalised over the
 * tokens, smoothed over time by a median and averaged, are a map on which dynamic time warping finds the path from the
 * first token at the beginning to the last one at the end.
 */

const MEDIAN_WIDTH = 7

/**
 * @param attention A row for each token: the weights [heads × positions] of the step that read it.
 * @param positions Positions of the encoder's whole window, of which the first `used` hold audio.
 * @param path Rows that take part in the alignment, in order: those that predicted the tokens that are to be placed.
 * @returns For each row of `path` the position where it begins.
 */
export function alignRows(
  attention: readonly Float32Array[],
  heads: number,
  positions: number,
  used: number,
  path: readonly number[],
): number[] {
  const cost = new Float32Array(path.length * used)
  for (let head = 0; head < heads; head++) {
    const rows = attention.map((row) => softmaxOver(row.subarray(head * positions, head * positions + used)))
    normaliseOverRows(rows, used)
    for (const [index, row] of path.entries()) {
      const smooth = medianFiltered(rows[row]!)
      for (let at = 0; at < used; at++) cost[index * used + at]! -= smooth[at]! / heads
    }
  }
  return warp(cost, path.length, used)
}

/** Weights over the positions that hold audio, as if the padding had not been there. */
function softmaxOver(weights: Float32Array): Float32Array {
  let sum = 0
  for (const weight of weights) sum += weight
  return sum > 0 ? weights.map((weight) => weight / sum) : new Float32Array(weights.length)
}

/** Mean 0 and deviation 1 at every position, over the rows. */
function normaliseOverRows(rows: readonly Float32Array[], used: number): void {
  for (let at = 0; at < used; at++) {
    let sum = 0
    for (const row of rows) sum += row[at]!
    const mean = sum / rows.length
    let squares = 0
    for (const row of rows) squares += (row[at]! - mean) ** 2
    const deviation = Math.sqrt(squares / rows.length)
    for (const row of rows) row[at] = deviation > 0 ? (row[at]! - mean) / deviation : 0
  }
}

/** Median of seven, mirrored at the ends; what is shorter than half of that is left as it is. */
export function medianFiltered(values: Float32Array): Float32Array {
  const half = MEDIAN_WIDTH >> 1
  const length = values.length
  if (length <= half) return values
  const out = new Float32Array(length)
  const window = new Float32Array(MEDIAN_WIDTH)
  for (let at = 0; at < length; at++) {
    for (let n = 0; n < MEDIAN_WIDTH; n++) {
      const index = Math.abs(at + n - half)
      const value = values[index < length ? index : 2 * length - 2 - index]!
      let place = n
      for (; place > 0 && window[place - 1]! > value; place--) window[place] = window[place - 1]!
      window[place] = value
    }
    out[at] = window[half]!
  }
  return out
}

/**
 * Dynamic time warping of rows × columns costs: each step goes on by a row, a column or both.
 *
 * @returns The first column of each row on the cheapest path.
 */
export function warp(cost: Float32Array, rows: number, columns: number): number[] {
  const width = columns + 1
  const sums = new Float32Array((rows + 1) * width).fill(Infinity)
  const cameFrom = new Uint8Array((rows + 1) * width)
  sums[0] = 0
  for (let row = 1; row <= rows; row++) {
    for (let column = 1; column <= columns; column++) {
      const at = row * width + column
      const both = sums[at - width - 1]!
      const up = sums[at - width]!
      const left = sums[at - 1]!
      const way = both < up && both < left ? BOTH : up < both && up < left ? ROW : COLUMN
      sums[at] = cost[(row - 1) * columns + column - 1]! + (way === BOTH ? both : way === ROW ? up : left)
      cameFrom[at] = way
    }
  }
  const starts = new Array<number>(rows).fill(0)
  for (let row = rows, column = columns; row > 0 && column > 0;) {
    starts[row - 1] = column - 1
    const way = cameFrom[row * width + column]!
    if (way !== COLUMN) row--
    if (way !== ROW) column--
  }
  return starts
}

const BOTH = 0
const ROW = 1
const COLUMN = 2
