import { createContext } from 'react'
import type { ModelDescription } from '~/api/types'

/** The voices of the model that is chosen in a form, for the controls in it. */
export const ModelVoicesContext = createContext<ModelDescription['voices']>([])
