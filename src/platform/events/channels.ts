/** What the processes tell each other. The payload is an id; whoever hears it reads the row, which is the truth. */
export const eventChannels = [
  'job_changed',
  'job_cancel',
  'models_changed',
  'voice_withdrawn',
  'grant_changed',
] as const

export type EventChannel = (typeof eventChannels)[number]
