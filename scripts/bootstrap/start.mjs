// `npm start`: prepares what is not ready yet and runs the server in the foreground; arguments are the product's.
// With `--dev` as the first one the server runs from the sources and reloads.
import { launch } from './launch.mjs'
import { prepare } from './prepare.mjs'
import { endWith } from './report.mjs'

const dev = process.argv[2] === '--dev'
const args = process.argv.slice(dev ? 3 : 2)
const command = dev
  ? ['node_modules/tsx/dist/cli.mjs', 'watch', '--clear-screen=false', 'src/main.ts', '--dev']
  : ['dist/main.js']

try {
  await prepare({ built: !dev })
  // React and Remix choose their builds by it; npm would leave out the build tools, so it is set after the set-up.
  process.env.NODE_ENV ??= dev ? 'development' : 'production'
  process.exitCode = await launch([...command, ...args])
} catch (error) {
  endWith(error)
}
