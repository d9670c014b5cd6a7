import type { Effect } from '../effect'
import { alarmEffects } from './alarms'
import { bellAndImpactEffects } from './bells-impacts'
import { footstepAndDoorEffects } from './footsteps-doors'
import { gameEffects } from './games'
import { homeAndToolEffects } from './home-tools'
import { peopleAndAnimalEffects } from './people-animals'
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
  ...bellAndImpactEffects,
  ...peopleAndAnimalEffects,
  ...homeAndToolEffects,
  ...gameEffects,
]

export function effectOf(id: string): Effect {
  const effect = effects.find((candidate) => candidate.id === id)
  if (!effect) throw new Error(`no effect ${id}`)
  return effect
}
