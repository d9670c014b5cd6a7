import type { Effect } from '../effect'
import { alarmEffects } from './alarms'
import { bellEffects } from './bells'
import { birdEffects } from './birds'
import { carEffects } from './cars'
import { crowdEffects } from './crowds'
import { farmAnimalEffects } from './farm-animals'
import { footstepAndDoorEffects } from './footsteps-doors'
import { gameEffects } from './games'
import { glassEffects } from './glass'
import { homeEffects } from './home'
import { impactEffects } from './impacts'
import { insectAndFrogEffects } from './insects-frogs'
import { peopleEffects } from './people'
import { petEffects } from './pets'
import { toolEffects } from './tools'
import { transportEffects } from './transport'
import { waterAndFireEffects } from './water-fire'
import { weatherEffects } from './weather'

/** Everything that can be synthesised. */
export const effects: readonly Effect[] = [
  ...weatherEffects,
  ...waterAndFireEffects,
  ...footstepAndDoorEffects,
  ...carEffects,
  ...transportEffects,
  ...alarmEffects,
  ...bellEffects,
  ...glassEffects,
  ...impactEffects,
  ...peopleEffects,
  ...crowdEffects,
  ...birdEffects,
  ...insectAndFrogEffects,
  ...petEffects,
  ...farmAnimalEffects,
  ...homeEffects,
  ...toolEffects,
  ...gameEffects,
]

export function effectOf(id: string): Effect {
  const effect = effects.find((candidate) => candidate.id === id)
  if (!effect) throw new Error(`no effect ${id}`)
  return effect
}
