/**
 * A group of embeddings of one voice: the mean of unit vectors, itself shorter than one. The mean cosine between the
 * members of two groups is the dot product of their means, so that groups can stand for their members exactly.
 */
export interface EmbeddingGroup {
  mean: Float32Array
  /** How many embeddings it stands for. */
  count: number
}

/** One step of the tree: `a` and `b` (groups below `n`, or n + the number of an earlier merge) become one. */
export interface Merge {
  a: number
  b: number
  /** Mean cosine distance between the members of the two. */
  distance: number
}

/**
 * Agglomerative clustering by average linkage on cosine distance, with the nearest-neighbour chain (Murtagh, 1983): time
 * and memory grow with the square of the number of groups. Merges come in order of distance, as scipy's `linkage` gives them.
 */
export function averageLinkage(groups: readonly EmbeddingGroup[]): Merge[] {
  const n = groups.length
  const distances = distanceMatrix(groups)
  const counts = groups.map(({ count }) => count)
  const alive = new Uint8Array(n).fill(1)
  const chain: number[] = []
  const merges: Merge[] = []

  while (merges.length < n - 1) {
    if (chain.length === 0) chain.push(alive.indexOf(1))
    const top = chain.at(-1)!
    const before = chain.at(-2)
    const nearest = nearestTo(distances, alive, n, top, before)
    if (nearest !== before) {
      chain.push(nearest)
      continue
    }
    chain.length -= 2
    const [kept, gone] = top < nearest ? [top, nearest] : [nearest, top]
    merges.push({ a: kept, b: gone, distance: distances[kept * n + gone]! })
    const total = counts[kept]! + counts[gone]!
    for (let other = 0; other < n; other++) {
      if (!alive[other] || other === kept || other === gone) continue
      const mean =
        (counts[kept]! * distances[kept * n + other]! + counts[gone]! * distances[gone * n + other]!) / total
      distances[kept * n + other] = distances[other * n + kept] = mean
    }
    counts[kept] = total
    alive[gone] = 0
  }
  return inOrder(merges, n)
}

function distanceMatrix(groups: readonly EmbeddingGroup[]): Float32Array {
  const n = groups.length
  const distances = new Float32Array(n * n)
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < a; b++) {
      distances[a * n + b] = distances[b * n + a] = 1 - dot(groups[a]!.mean, groups[b]!.mean)
    }
  }
  return distances
}

/** The living group that is nearest to `from`; `preferred` where others are no nearer, so that chains end. */
function nearestTo(
  distances: Float32Array,
  alive: Uint8Array,
  n: number,
  from: number,
  preferred: number | undefined,
): number {
  let best = preferred ?? -1
  let least = preferred === undefined ? Infinity : distances[from * n + preferred]!
  for (let other = 0; other < n; other++) {
    const distance = distances[from * n + other]!
    if (distance >= least || !alive[other] || other === from) continue
    best = other
    least = distance
  }
  return best
}

/** The chain finds merges out of order and names groups by their first member; here they are sorted and numbered. */
function inOrder(merges: Merge[], n: number): Merge[] {
  const name = Array.from({ length: n }, (_, index) => index)
  return [...merges]
    .sort((one, other) => one.distance - other.distance)
    .map(({ a, b, distance }, index) => {
      const merge = { a: name[a]!, b: name[b]!, distance }
      name[a] = n + index
      return merge
    })
}

/**
 * Clusters of `n` groups after the first merges: those that `isWanted` accepts, asked in order of distance until it
 * refuses one. Gives the number of each group's cluster, in order of the clusters' first groups.
 */
export function cutTree(
  merges: readonly Merge[],
  n: number,
  isWanted: (merge: Merge, clusters: number) => boolean,
): number[] {
  const parent = Array.from({ length: 2 * n - 1 }, (_, index) => index)
  for (const [index, merge] of merges.entries()) {
    if (!isWanted(merge, n - index)) break
    parent[merge.a] = parent[merge.b] = n + index
  }
  const rootOf = (index: number): number => {
    let root = index
    while (parent[root] !== root) root = parent[root]!
    return root
  }
  const numbers = new Map<number, number>()
  return Array.from({ length: n }, (_, index) => {
    const root = rootOf(index)
    if (!numbers.has(root)) numbers.set(root, numbers.size)
    return numbers.get(root)!
  })
}

/** The groups of each cluster as one. */
export function joinGroups(groups: readonly EmbeddingGroup[], clusters: readonly number[]): EmbeddingGroup[] {
  const joined: EmbeddingGroup[] = []
  for (const [index, { mean, count }] of groups.entries()) {
    const into = (joined[clusters[index]!] ??= { mean: new Float32Array(mean.length), count: 0 })
    for (let d = 0; d < mean.length; d++) into.mean[d]! += mean[d]! * count
    into.count += count
  }
  for (const { mean, count } of joined) for (let d = 0; d < mean.length; d++) mean[d]! /= count
  return joined
}

export interface SpeakerSearch {
  /** How many there are; null = find out. */
  numSpeakers: number | null
  /** Groups whose mean cosine is above this are one speaker, where their number is not given. */
  sameSpeakerCosine: number
  /** A voice that was heard for fewer embeddings is taken for another's. */
  leastCount: number
}

/**
 * Speakers of a recording: for each group the number of its speaker. Clusters that are too small to be a speaker (noises,
 * overlaps, a cough) join the nearest one that is not, and do not count.
 */
export function findSpeakers(groups: readonly EmbeddingGroup[], search: SpeakerSearch): number[] {
  const n = groups.length
  if (n === 0) return []
  const merges = averageLinkage(groups)
  const { numSpeakers, sameSpeakerCosine, leastCount } = search
  if (numSpeakers === null) {
    const clusters = cutTree(merges, n, ({ distance }) => distance < 1 - sameSpeakerCosine)
    return withoutSmall(groups, clusters, leastCount)
  }
  // The fewest clusters that leave enough large ones: outliers take the tree's first branches.
  for (let wanted = numSpeakers; wanted <= Math.min(n, numSpeakers + 40); wanted++) {
    const clusters = cutTree(merges, n, (_, count) => count > wanted)
    const found = withoutSmall(groups, clusters, leastCount)
    if (Math.max(...found) + 1 >= numSpeakers) return found
  }
  return cutTree(merges, n, (_, count) => count > numSpeakers)
}

function withoutSmall(
  groups: readonly EmbeddingGroup[],
  clusters: readonly number[],
  leastCount: number,
): number[] {
  const joined = joinGroups(groups, clusters)
  const isLarge = (cluster: number) => joined[cluster]!.count >= leastCount
  const large = joined.map((_, cluster) => cluster).filter(isLarge)
  if (large.length === 0) return clusters.map(() => 0)
  const into = joined.map((group, cluster) =>
    isLarge(cluster)
      ? large.indexOf(cluster)
      : nearestOf(
          group.mean,
          large.map((other) => joined[other]!.mean),
        ),
  )
  return clusters.map((cluster) => into[cluster]!)
}

/** Index of the candidate that points most nearly the same way. */
export function nearestOf(vector: Float32Array, candidates: readonly Float32Array[]): number {
  const likeness = candidates.map((candidate) => cosine(vector, candidate))
  return likeness.indexOf(Math.max(...likeness))
}

export function cosine(a: Float32Array, b: Float32Array): number {
  return dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1)
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!
  return sum
}
