import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { defineConfig } from 'prisma/config'

// Prisma's CLI downloads a native schema engine on first use. Where there is none (no install scripts, no internet)
// the same engine runs as WebAssembly behind the same protocol.
const enginesDir = path.resolve('node_modules/@prisma/engines')
const hasNativeEngine =
  existsSync(enginesDir) && readdirSync(enginesDir).some((name) => name.startsWith('schema-engine-'))
if (!hasNativeEngine) process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= path.resolve('scripts/db/schema-engine.mjs')

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: {
    url: process.env.DATABASE_URL ?? 'postgresql://timbre@localhost/timbre',
    shadowDatabaseUrl: process.env.SHADOW_DATABASE_URL,
  },
})
