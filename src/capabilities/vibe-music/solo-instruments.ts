/** What models with an instrument of their own may play; which of them one does is in its manifest. */
export const soloInstruments = ['violin', 'cello', 'flute', 'clarinet', 'trumpet', 'alto-saxophone'] as const
export type SoloInstrument = (typeof soloInstruments)[number]
