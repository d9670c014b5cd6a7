import { describe, expect, it } from 'vitest'

import { createTimeMap, editActions, mergeEdits, placeEdits, type Edit, type EditAction } from './edit-list'

const edit = (startFrame: number, endFrame: number, action: EditAction, exact = true): Edit => ({
  startFrame,
  endFrame,
  action,
  exact,
})

/** Uniform integers below `limit` from a seed. */
function createDice(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

function randomEdits(dice: (limit: number) => number, frames: number): Edit[] {
  return Array.from({ length: dice(12) }, () => {
    const start = dice(frames)
    return edit(start, Math.min(frames, start + dice(frames / 4)), editActions[dice(3)]!, dice(2) === 0)
  })
}

/** The action in every frame, the slow and obvious way. */
function paint(edits: readonly Edit[], frames: number): (EditAction | null)[] {
  return Array.from({ length: frames }, (_, frame) => {
    const here = edits.filter(({ startFrame, endFrame }) => frame >= startFrame && frame < endFrame)
    return editActions.findLast((action) => here.some((candidate) => candidate.action === action)) ?? null
  })
}

describe('merging', () => {
  it.each([
    ['nothing', [], []],
    ['an empty edit', [edit(5, 5, 'cut')], []],
    ['edits that touch', [edit(10, 20, 'mute'), edit(0, 10, 'mute')], [edit(0, 20, 'mute')]],
    ['edits that overlap', [edit(0, 15, 'cut'), edit(10, 20, 'cut')], [edit(0, 20, 'cut')]],
    [
      'a cut over a mute',
      [edit(0, 15, 'mute'), edit(10, 20, 'cut')],
      [edit(0, 10, 'mute'), edit(10, 20, 'cut')],
    ],
    ['a mute within a bleep', [edit(0, 30, 'bleep'), edit(10, 20, 'mute')], [edit(0, 30, 'bleep')]],
    [
      'a bleep within a mute',
      [edit(0, 30, 'mute'), edit(10, 20, 'bleep')],
      [edit(0, 10, 'mute'), edit(10, 20, 'bleep'), edit(20, 30, 'mute')],
    ],
    [
      'a cut over the same stretch',
      [edit(0, 9, 'bleep'), edit(0, 9, 'cut'), edit(0, 9, 'mute')],
      [edit(0, 9, 'cut')],
    ],
  ])('%s', (_, edits, merged) => expect(mergeEdits(edits)).toEqual(merged))

  it('is exact where one of the edits is', () => {
    expect(mergeEdits([edit(0, 10, 'cut', false), edit(5, 20, 'cut', true)])).toEqual([
      edit(0, 20, 'cut', true),
    ])
    expect(mergeEdits([edit(0, 10, 'cut', false), edit(5, 20, 'cut', false)])[0]!.exact).toBe(false)
  })

  it('gives every frame its strongest action, and neighbours of one action as one edit', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const dice = createDice(seed)
      const frames = 40 + dice(200)
      const edits = randomEdits(dice, frames)
      const merged = mergeEdits(edits)
      expect(paint(merged, frames), `seed ${seed}`).toEqual(paint(edits, frames))
      merged.slice(1).forEach((next, index) => {
        const before = merged[index]!
        expect(next.startFrame > before.endFrame || next.action !== before.action).toBe(true)
      })
    }
  })
})

describe('the time map', () => {
  it('leads there and back, for every frame of random edit lists', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const dice = createDice(seed)
      const frames = 40 + dice(200)
      const edits = placeEdits(mergeEdits(randomEdits(dice, frames)))
      const map = createTimeMap(edits)
      // What is left of the recording, as numbers of source frames.
      const left = paint(edits, frames).flatMap((action, frame) => (action === 'cut' ? [] : [frame]))
      left.forEach((source, output) => {
        expect(map.toOutput(source), `seed ${seed}`).toBe(output)
        expect(map.toSource(output), `seed ${seed}`).toBe(source)
      })
      for (const { startFrame, endFrame, action, outputStartFrame, outputEndFrame } of edits) {
        expect(map.toOutput(startFrame)).toBe(outputStartFrame)
        expect(map.toOutput(endFrame)).toBe(outputEndFrame)
        expect(outputEndFrame - outputStartFrame).toBe(action === 'cut' ? 0 : endFrame - startFrame)
        if (action === 'cut') expect(map.toOutput((startFrame + endFrame) / 2)).toBe(outputStartFrame)
      }
    }
  })

  it('takes fractions of frames', () => {
    const map = createTimeMap(placeEdits([edit(100, 200, 'cut')]))
    expect(map.toOutput(250.25)).toBe(150.25)
    expect(map.toSource(99.5)).toBe(99.5)
    expect(map.toSource(100.5)).toBe(200.5)
  })
})
