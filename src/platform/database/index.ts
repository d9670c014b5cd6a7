import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient, type Prisma } from './generated/client'

export type Database = PrismaClient
/** What repositories take: the database itself or a transaction of it. */
export type DatabaseClient = Prisma.TransactionClient
export { Prisma } from './generated/client'
export * from './generated/enums'
export type * from './generated/models'

export interface DatabaseOptions {
  url: string
  /** Largest number of connections that this process keeps. */
  maxConnections: number
}

/** Connects lazily: the first query opens the first connection. */
export function createDatabase({ url, maxConnections }: DatabaseOptions): Database {
  return new PrismaClient({
    adapter: new PrismaPg({ connectionString: url, max: maxConnections, connectionTimeoutMillis: 5000 }),
  })
}

/** The unique constraint's columns or name if `error` is a unique violation, else null. */
export function uniqueViolation(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error) || error.code !== 'P2002') return null
  const meta = (error as { meta?: { driverAdapterError?: { cause?: { constraint?: unknown } } } }).meta
  return JSON.stringify(meta?.driverAdapterError?.cause?.constraint ?? '')
}
