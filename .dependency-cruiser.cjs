/** The import rules of the house: layers point down only, modules meet at their index.ts, natives stay behind one door. */

/** Layers from top to bottom: each may import those below it. */
const layers = [
  { name: 'entry', path: '^src/(main|arguments)\\.ts$' },
  { name: 'roles', path: '^src/[^/]+\\.ts$' },
  { name: 'modules', path: '^src/modules/' },
  { name: 'runner', path: '^src/runner/' },
  { name: 'capabilities', path: '^src/capabilities/' },
  { name: 'audio, text, transcripts and inference', path: '^src/(audio|text|transcript|inference)/' },
  { name: 'platform', path: '^src/platform/' },
  { name: 'config', path: '^src/config/' },
]

const layerRules = layers.slice(1).map((layer, index) => ({
  name: `${layer.name} imports nothing above itself`.replaceAll(/[ ,]+/g, '-'),
  comment:
    'Imports point down only: entry, roles, modules, runner, capabilities, audio and transcript and music and inference, platform, config.',
  severity: 'error',
  from: { path: layer.path, pathNot: layer.name === 'roles' ? layers[0].path : undefined },
  to: { path: layers.slice(0, index + 1).map(({ path }) => path), pathNot: layer.path },
}))

const test = '\\.test\\.tsx?$'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'no-cycles',
      comment: 'Two files that need each other when they load are one file, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'dynamic-import'] } },
    },
    {
      name: 'no-orphans',
      comment: 'Nothing imports this file and it imports nothing: remove it.',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '^scripts/', '^test/', '^web/public/', '(^|/)vite-env'] },
      to: {},
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ['^virtual:', '^\\.\\./build/', '\\?url$'] },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'Every package that is imported is named in package.json.',
      severity: 'error',
      from: { path: '^(src|web|scripts|test)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-development-packages-at-run-time',
      severity: 'error',
      from: { path: '^(src|web)/', pathNot: test },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'dynamic-import'] },
    },
    {
      name: 'modules-meet-at-their-index',
      comment: 'A module reaches another through its index.ts only.',
      severity: 'error',
      from: { path: '^src/modules/([^/]+)/' },
      to: { path: '^src/modules/[^/]+/', pathNot: ['^src/modules/$1/', '^src/modules/[^/]+/index\\.ts$'] },
    },
    {
      name: 'roles-use-modules-by-their-index',
      severity: 'error',
      from: { path: '^(src/[^/]+\\.ts|web/.+)$', pathNot: test },
      to: { path: '^src/modules/[^/]+/', pathNot: '^src/modules/[^/]+/index\\.ts$' },
    },
    {
      name: 'only-inference-imports-onnxruntime',
      severity: 'error',
      from: { pathNot: '^src/inference/' },
      to: { path: 'node_modules/onnxruntime-' },
    },
    {
      name: 'only-the-database-imports-generated-code',
      severity: 'error',
      from: { pathNot: '^src/platform/database/' },
      to: { path: '^src/platform/database/generated/' },
    },
    {
      name: 'capability-descriptions-are-light',
      comment:
        'The API process knows capabilities by their index.ts, which loads handler and engines on demand only.',
      severity: 'error',
      from: { path: '^src/capabilities/[^/]+/index\\.ts$' },
      to: {
        path: '^src/(capabilities/[^/]+/(handler|engines/)|inference/ort-|inference/index\\.ts|audio/)',
        dependencyTypesNot: ['type-only', 'dynamic-import'],
      },
    },
    {
      name: 'capabilities-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/capabilities/([^/]+)/' },
      to: { path: '^src/capabilities/[^/]+/', pathNot: '^src/capabilities/$1/' },
    },
    {
      name: 'web-has-no-database',
      comment: 'The web UI gets services through the load context: of the server it may know types only.',
      severity: 'error',
      from: { path: '^web/', pathNot: test },
      to: { path: '^src/|node_modules/(@prisma|pg|bullmq|ioredis)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'server-knows-web-by-type-only',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^web/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing-imports-scripts-or-tests',
      severity: 'error',
      from: { path: '^(src|web)/', pathNot: test },
      to: { path: `^(scripts|test)/|${test}` },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/platform/database/generated/(internal|models)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
