import { uniqueViolation, type Database } from '../../platform/database'
import type { Transcript } from '../../transcript/transcript'

/** Corrected transcripts; version 1 is not among them. */
export function createTranscriptRepository(database: Database) {
  const rows = database.transcriptVersion
  const listed = { version: true, createdAt: true } as const
  return {
    find: (jobId: string, version?: number) =>
      rows.findFirst({
        where: { jobId, ...(version === undefined ? {} : { version }) },
        orderBy: { version: 'desc' },
      }),
    list: (jobId: string) => rows.findMany({ where: { jobId }, orderBy: { version: 'asc' }, select: listed }),
    /** Null where the version is taken. */
    add: async (jobId: string, version: number, transcript: Transcript) => {
      try {
        return await rows.create({ data: { jobId, version, body: transcript }, select: listed })
      } catch (error) {
        if (uniqueViolation(error) !== null) return null
        throw error
      }
    },
  }
}
