import { createBillingPersonalData } from './modules/billing'
import { createDictionaryPersonalData } from './modules/dictionaries'
import { createJobPersonalData, type JobPersonalDataOptions } from './modules/jobs'
import { createKeyPersonalData } from './modules/keys'
import { createNotificationPersonalData } from './modules/notifications'
import { createStoragePersonalData } from './modules/storage'
import { createVoicePersonalData, type VoicePersonalDataOptions } from './modules/voices'
import type { PersonalData } from './platform/personal-data'

/** What every module keeps of people; accounts themselves are the users module's own. Keys go first: they let somebody in. */
export function personalDataSources(
  options: JobPersonalDataOptions & VoicePersonalDataOptions,
): PersonalData[] {
  return [
    createKeyPersonalData(options),
    createJobPersonalData(options),
    createStoragePersonalData(options),
    createVoicePersonalData(options),
    createDictionaryPersonalData(options),
    createNotificationPersonalData(options),
    createBillingPersonalData(options),
  ]
}
