import path from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { '~': path.resolve('web') } },
  test: {
    include: [
      'src/**/*.test.{ts,tsx}',
      'web/**/*.test.{ts,tsx}',
      'scripts/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Real browsers and killed processes on shared machines: one more chance where nobody watches. The report names it.
    retry: process.env.CI ? 1 : 0,
  },
})
