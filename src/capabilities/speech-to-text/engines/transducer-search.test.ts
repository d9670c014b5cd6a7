import { describe, expect, it } from 'vitest'
import { createPace } from '../decoding/pacing'
import { searchBeam } from './transducer-beam'
import { searchGreedy } from './transducer-greedy'
import type { TransducerNetwork } from './transducer-network'

const pace = createPace(new AbortController().signal)
const BLANK = 3
const UNKNOWN = 0

/** A network that says what its frames hold: a frame is the logits themselves. */
function echo(tokens: number, durations: number, maxSymbols: number): TransducerNetwork<null> {
  const start = { output: new Float32Array(), state: null }
  return {
    ...{ blank: BLANK, tokens, durations, maxSymbols, context: 1, start },
    predict: (steps) => Promise.resolve(steps.map(() => start)),
    join: (frames) => Promise.resolve(Float32Array.from(frames.flatMap((frame) => [...frame]))),
  }
}

function encodedOf(rows: number[][]) {
  return { data: Float32Array.from(rows.flat()), frames: rows.length, width: rows[0]!.length }
}

const silent = (token: number) => token === UNKNOWN
const likely = (token: number, more: number[] = []) =>
  [0, 1, 2, 3].map((n): number => (n === token ? 9 : 0)).concat(more)
const both = async (network: TransducerNetwork<null>, rows: number[][]) => {
  const greedy = await searchGreedy(network, encodedOf(rows), silent, pace)
  const { spoken } = await searchBeam(network, encodedOf(rows), { paths: 3, keyterms: null, silent }, pace)
  return [greedy, spoken].map((tokens) => tokens.map(({ token, frame }) => [token, frame]))
}

describe('searches of a transducer', () => {
  it('say one token a frame where the network is trained for it, and take the unknown for a blank', async () => {
    const rows = [likely(1), likely(UNKNOWN), likely(BLANK), likely(2)]
    const said = [
      [1, 0],
      [2, 3],
    ]
    expect(await both(echo(4, 0, 1), rows)).toEqual([said, said])
  })

  it('leave a frame that never ends at the limit', async () => {
    const [greedy] = await both(echo(4, 0, 3), [likely(1), likely(BLANK), likely(2), likely(BLANK)])
    expect(greedy).toEqual([...[0, 0, 0].map((frame) => [1, frame]), ...[2, 2, 2].map((frame) => [2, frame])])
  })

  it('go on by the duration, and by a frame where a blank lasts none', async () => {
    const rows = [likely(1, [0, 0, 5]), likely(2, [5, 0, 0]), likely(BLANK, [5, 0, 0]), likely(2, [0, 5, 0])]
    const said = [
      [1, 0],
      [2, 3],
    ]
    expect(await both(echo(4, 3, 5), rows)).toEqual([said, said])
  })

  it('say nothing where there is nothing to hear', async () => {
    const nothing = { data: new Float32Array(), frames: 0, width: 4 }
    expect(await searchGreedy(echo(4, 0, 1), nothing, silent, pace)).toEqual([])
    const options = { paths: 3, keyterms: null, silent }
    expect(await searchBeam(echo(4, 0, 1), nothing, options, pace)).toEqual({ spoken: [], score: 0 })
  })

  it('report a network whose output is not a number', async () => {
    const rows = encodedOf([[NaN, NaN, NaN, NaN]])
    const beam = searchBeam(echo(4, 0, 1), rows, { paths: 3, keyterms: null, silent }, pace)
    await expect(beam).rejects.toMatchObject({ code: 'engine_failed' })
    const greedy = searchGreedy(echo(4, 0, 1), rows, silent, pace)
    await expect(greedy).rejects.toMatchObject({ code: 'engine_failed' })
  })
})
