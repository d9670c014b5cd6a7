/** What can be done to a stretch of sound, weakest first: where edits overlap the strongest one holds. */
export const editActions = ['mute', 'bleep', 'cut'] as const
export type EditAction = (typeof editActions)[number]

/** An edit of the frames `startFrame` ≤ n < `endFrame` of a recording. */
export interface Edit {
  startFrame: number
  endFrame: number
  action: EditAction
  /**
   * Whether both ends are meant to the frame. Otherwise the end of a cut may move by a few milliseconds to where the
   * two sides fit together best.
   */
  exact: boolean
}

/** An edit as it was carried out, and where it lies in the output: a cut has no length there. */
export interface AppliedEdit extends Edit {
  outputStartFrame: number
  outputEndFrame: number
}

/**
 * Edits in order of time, none overlapping another: the stronger action holds (cut over bleep over mute), and edits
 * of one action that overlap or touch become one. Empty edits vanish.
 */
export function mergeEdits(edits: readonly Edit[]): Edit[] {
  const marks = edits
    .filter(({ startFrame, endFrame }) => endFrame > startFrame)
    .flatMap((edit) => [
      { frame: edit.startFrame, edit, step: 1 },
      { frame: edit.endFrame, edit, step: -1 },
    ])
    .sort((a, b) => a.frame - b.frame)
  const open = { mute: 0, bleep: 0, cut: 0 }
  const exact = { mute: 0, bleep: 0, cut: 0 }
  const merged: Edit[] = []
  let from = 0
  for (const { frame, edit, step } of marks) {
    const action = editActions.findLast((candidate) => open[candidate] > 0)
    if (action !== undefined && frame > from) {
      append(merged, { startFrame: from, endFrame: frame, action, exact: exact[action] > 0 })
    }
    open[edit.action] += step
    if (edit.exact) exact[edit.action] += step
    from = frame
  }
  return merged
}

function append(merged: Edit[], edit: Edit): void {
  const last = merged.at(-1)
  if (last?.endFrame !== edit.startFrame || last.action !== edit.action) {
    merged.push(edit)
    return
  }
  last.endFrame = edit.endFrame
  last.exact ||= edit.exact
}

/** Where edits that were carried out lie in the output. @param edits In order of time, not overlapping. */
export function placeEdits(edits: readonly Edit[]): AppliedEdit[] {
  let removed = 0
  return edits.map((edit) => {
    const outputStartFrame = edit.startFrame - removed
    if (edit.action === 'cut') removed += edit.endFrame - edit.startFrame
    return { ...edit, outputStartFrame, outputEndFrame: edit.endFrame - removed }
  })
}

/** Translates between the frames of a recording and those of its edited version; fractions of frames as well. */
export interface TimeMap {
  /** A frame that was cut out maps to the seam that is left of it. */
  toOutput(sourceFrame: number): number
  /** The seam of a cut maps to the first frame after the cut. `toOutput(toSource(n))` is n. */
  toSource(outputFrame: number): number
}

/** @param edits In order of time, not overlapping. */
export function createTimeMap(edits: readonly AppliedEdit[]): TimeMap {
  const cuts = edits.filter(({ action }) => action === 'cut')
  /** Of the cuts that begin at or before a frame, the last one. */
  const lastBefore = (frame: number, key: 'startFrame' | 'outputStartFrame') => {
    let low = 0
    for (let high = cuts.length; low < high;) {
      const middle = (low + high) >> 1
      if (cuts[middle]![key] <= frame) low = middle + 1
      else high = middle
    }
    return cuts[low - 1]
  }
  return {
    toOutput(sourceFrame) {
      const cut = lastBefore(sourceFrame, 'startFrame')
      if (!cut) return sourceFrame
      return cut.outputStartFrame + Math.max(0, sourceFrame - cut.endFrame)
    },
    toSource(outputFrame) {
      const cut = lastBefore(outputFrame, 'outputStartFrame')
      return cut ? cut.endFrame + (outputFrame - cut.outputStartFrame) : outputFrame
    },
  }
}
