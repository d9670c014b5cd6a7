import type { HandlerContext } from './capability'

/** The parts of a job, each with its share of the work. */
export interface Stages<Name extends string> {
  /** Reports progress of one part, 0–1, as the whole job's. */
  report(name: Name): (fraction: number) => void
  /** The context of a part that another capability does, under that capability's own names of stages. */
  contextOf(name: Name, context: HandlerContext): HandlerContext
}

/** @param shares In the order in which they are done; parts that are not done have none. */
export function createStages<Name extends string>(
  progress: HandlerContext['progress'],
  shares: Record<Name, number>,
): Stages<Name> {
  const names = Object.keys(shares) as Name[]
  const total = names.reduce((sum, name) => sum + shares[name], 0)
  const at = (name: Name, fraction: number) => {
    const before = names.slice(0, names.indexOf(name)).reduce((sum, other) => sum + shares[other], 0)
    return Math.min(0.99, (before + Math.min(1, fraction) * shares[name]) / total)
  }
  return {
    report: (name) => (fraction) => progress(name, at(name, fraction)),
    contextOf: (name, context) => ({
      ...context,
      progress: (stage, fraction) => progress(stage, at(name, fraction)),
    }),
  }
}
