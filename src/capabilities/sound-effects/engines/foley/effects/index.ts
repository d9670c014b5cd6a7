import type { Effect } from '../effect'
import { alarmEffects } from './alarms'
import { animalEffects } from './animals'
import { bellEffects } from './bells'
import { footstepAndDoorEffects } from './footsteps-doors'
import { gameEffects } from './games'
import { homeEffects } from './home'
import { impactEffects } from './impacts'
import { peopleEffects } from './people'
import { toolEffects } from './tools'
import { vehicleEffects } from './vehicles'
import { waterAndFireEffects } from './water-fire'
import { weatherEffects } from './weather'

/** Everything that can be synthesised. */
export const effects: readonly Effect[] = [
  ...weatherEffects,
  ...waterAndFireEffects,
  ...footstepAndDoorEffects,
  ...vehicleEffects,
  ...alarmEffects,
  ...bellEffects,
  ...impactEffects,
  ...peopleEffects,
  ...animalEffects,
  ...homeEffects,
  ...toolEffects,
  ...gameEffects,
]

export function effectOf(id: string): Effect {
  const effect = effects.find((candidate) => candidate.id === id)
  if (!effect) throw new Error(`no effect ${id}`)
  return effect
}
