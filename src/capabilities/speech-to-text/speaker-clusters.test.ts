import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { averageLinkage, cutTree, findSpeakers, joinGroups, type EmbeddingGroup } from './speaker-clusters'
import { seededRandom } from './testing/seeded-random'

interface Reference {
  embeddings: number[][]
  linkage: [number, number, number][]
  cutDistance: number
  atDistance: number[]
  ofFour: number[]
}

const reference = JSON.parse(
  readFileSync('test/fixtures/engines/speaker/average-linkage.json', 'utf8'),
) as Reference
const single = (embedding: number[]): EmbeddingGroup => ({ mean: Float32Array.from(embedding), count: 1 })
const groups = reference.embeddings.map(single)

/** The same partition, whatever the numbers: renumbered by first appearance. */
function canonical(labels: readonly number[]): number[] {
  const order = [...new Set(labels)]
  return labels.map((label) => order.indexOf(label))
}

describe('average linkage', () => {
  const merges = averageLinkage(groups)

  it('builds the tree that scipy builds', () => {
    expect(merges).toHaveLength(reference.linkage.length)
    for (const [index, [a, b, distance]] of reference.linkage.entries()) {
      const merge = merges[index]!
      expect([merge.a, merge.b].sort((x, y) => x - y)).toEqual([a, b])
      expect(merge.distance).toBeCloseTo(distance, 4)
    }
  })

  it('cuts it where scipy cuts it', () => {
    const atDistance = cutTree(merges, groups.length, ({ distance }) => distance < reference.cutDistance)
    expect(atDistance).toEqual(canonical(reference.atDistance))
    const ofFour = cutTree(merges, groups.length, (_, clusters) => clusters > 4)
    expect(ofFour).toEqual(canonical(reference.ofFour))
  })

  it('goes on from groups as from their members', () => {
    const early = cutTree(merges, groups.length, (_, clusters) => clusters > 30)
    const later = averageLinkage(joinGroups(groups, early))
    for (const [index, { distance }] of later.entries()) {
      expect(distance).toBeCloseTo(merges[30 + index]!.distance, 4)
    }
  })

  it('takes none, one, and many that are the same', () => {
    expect(averageLinkage([])).toEqual([])
    expect(averageLinkage([single([1, 0])])).toEqual([])
    expect(averageLinkage(Array.from({ length: 50 }, () => single([0.6, 0.8])))).toHaveLength(49)
  })
})

describe('findSpeakers', () => {
  /** `count` embeddings around one of three directions. */
  const around = (voice: number, count: number, random: () => number) =>
    Array.from({ length: count }, () => {
      const raw = Array.from({ length: 16 }, (_, d) => (d === voice ? 1 : 0) + (random() - 0.5) * 0.5)
      const length = Math.hypot(...raw)
      return single(raw.map((value) => value / length))
    })
  const search = { numSpeakers: null, sameSpeakerCosine: 0.5, leastCount: 4 }

  it('finds how many there are, and leaves out what is too small to be a speaker', () => {
    const random = seededRandom(2)
    const mixed = [
      ...around(0, 30, random),
      ...around(1, 20, random),
      ...around(5, 2, random),
      ...around(2, 9, random),
    ]
    const found = findSpeakers(mixed, search)
    expect(new Set(found).size).toBe(3)
    for (const [from, to] of [
      [0, 30],
      [30, 50],
      [52, 61],
    ] as const) {
      expect(new Set(found.slice(from, to)).size).toBe(1)
    }
  })

  it('gives as many as are asked for, outliers aside', () => {
    const random = seededRandom(3)
    const mixed = [
      ...around(0, 30, random),
      ...around(1, 20, random),
      ...around(5, 1, random),
      ...around(6, 1, random),
    ]
    const found = findSpeakers(mixed, { ...search, numSpeakers: 2 })
    expect(new Set(found).size).toBe(2)
    expect(found[0]).not.toBe(found[30])
    expect(new Set(found.slice(0, 30)).size).toBe(1)
    expect(new Set(findSpeakers(around(0, 20, random), { ...search, numSpeakers: 1 })).size).toBe(1)
  })

  it('takes nothing and one', () => {
    expect(findSpeakers([], search)).toEqual([])
    expect(findSpeakers([single([1, 0])], search)).toEqual([0])
    expect(findSpeakers([single([1, 0])], { ...search, numSpeakers: 3 })).toEqual([0])
  })
})
