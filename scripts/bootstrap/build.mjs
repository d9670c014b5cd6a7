import path from 'node:path'
import { runQuietly, step } from './report.mjs'
import { hashOf, unlessStamped } from './stamp.mjs'

const generatedDir = 'src/platform/database/generated'

/** Generates the database client where the schema has changed. */
export async function generate(rootDir) {
  const hash = hashOf(rootDir, ['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'])
  await unlessStamped(path.join(rootDir, generatedDir, '.stamp'), hash, () =>
    step('Generating the database client', () =>
      runNode(['node_modules/prisma/build/index.js', 'generate'], 'prisma/schema.prisma may be at fault.'),
    ),
  )
}

/** Builds the web UI and the server where a source of theirs has changed. */
export async function build(rootDir) {
  const shared = ['src', 'prisma/schema.prisma', 'package.json', 'package-lock.json', 'tsconfig.json']
  await Promise.all([
    buildPart(rootDir, 'dist', [...shared, 'scripts/build', 'scripts/db'], {
      title: 'Building the server',
      args: ['scripts/build/bundle.mjs'],
    }),
    buildPart(rootDir, 'build', [...shared, 'web', 'vite.config.ts'], {
      title: 'Building the web UI',
      args: ['node_modules/@remix-run/dev/dist/cli.js', 'vite:build'],
    }),
  ])
}

async function buildPart(rootDir, outDir, sources, { title, args }) {
  const isSource = (name) => !/\.test\.tsx?$/.test(name) && name !== path.normalize(generatedDir)
  const hash = hashOf(rootDir, sources, isSource)
  await unlessStamped(path.join(rootDir, outDir, '.stamp'), hash, () =>
    step(title, () => runNode(args, 'The sources do not build: the messages above say where.')),
  )
}

function runNode(args, advice) {
  return runQuietly(process.execPath, args, { advice, env: { NODE_ENV: 'production' } })
}
