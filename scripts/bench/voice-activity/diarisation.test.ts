import { describe, expect, it } from 'vitest'
import { diarisationErrors } from './diarisation'

describe('diarisationErrors', () => {
  const truth = [
    { start: 0, end: 10, speaker: 0 },
    { start: 12, end: 20, speaker: 1 },
  ]

  it('finds nothing wrong where only the numbers differ and edges are near', () => {
    const found = [
      { start: 0.2, end: 10.2, speaker: 7 },
      { start: 11.8, end: 20, speaker: 3 },
    ]
    const errors = diarisationErrors(truth, found, 21)
    expect(errors).toMatchObject({ missed: 0, falseAlarm: 0, confusion: 0 })
    // A quarter of a second is left out at each edge.
    expect(errors.spoken).toBeCloseTo(9.5 + 7.5, 1)
  })

  it('counts what is missed, invented and given to another', () => {
    const found = [
      { start: 0, end: 5, speaker: 0 },
      { start: 5, end: 7, speaker: 1 },
      { start: 10.5, end: 11.5, speaker: 0 },
      { start: 12, end: 20, speaker: 1 },
    ]
    const errors = diarisationErrors(truth, found, 21)
    expect(errors.confusion).toBeCloseTo(2, 1)
    expect(errors.missed).toBeCloseTo(2.75, 1)
    expect(errors.falseAlarm).toBeCloseTo(1, 1)
  })

  it('gives all that is over to others as confusion when there are too few or too many speakers', () => {
    const one = [{ start: 0, end: 20, speaker: 0 }]
    expect(diarisationErrors(truth, one, 21).confusion).toBeCloseTo(7.5, 1)
    const three = [
      { start: 0, end: 4, speaker: 0 },
      { start: 4, end: 10, speaker: 1 },
      { start: 12, end: 20, speaker: 2 },
    ]
    expect(diarisationErrors(truth, three, 21).confusion).toBeCloseTo(3.75, 1)
  })
})
