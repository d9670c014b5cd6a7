export interface Speaker {
  id: string
  name: string
}

/** For every segment the name of its speaker where another one begins to speak, else null. */
export function speakerChanges(owners: readonly (string | null)[], speakers: readonly Speaker[]) {
  const names = new Map(speakers.map(({ id, name }) => [id, name]))
  return owners.map((owner, index) =>
    owner === null || owners[index - 1] === owner ? null : (names.get(owner) ?? owner),
  )
}

/** One more, with an id and a name that are free. */
export function withAnotherSpeaker(speakers: readonly Speaker[]): Speaker[] {
  const taken = new Set(speakers.map(({ id }) => id))
  let number = speakers.length + 1
  while (taken.has(`speaker_${number}`)) number += 1
  return [...speakers, { id: `speaker_${number}`, name: `Speaker ${number}` }]
}
