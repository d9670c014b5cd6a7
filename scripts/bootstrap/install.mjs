import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { runQuietly, step } from './report.mjs'

const advice = [
  'The packages could not be installed: the messages above say why.',
  'It needs a connection to the npm registry (or the one that your .npmrc names). What was begun is taken up by the next try.',
].join('\n')

/** Installs the packages of the lock file where they are not there; no install script is run. */
export async function install(rootDir) {
  if (isInstalled(rootDir)) return
  await step('Installing packages (a minute or two the first time)', () => {
    const npm = process.env.npm_execpath
    const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund']
    return npm
      ? runQuietly(process.execPath, [npm, ...args], { advice })
      : runQuietly('npm', args, { advice })
  })
}

/**
 * npm writes what it installed to node_modules/.package-lock.json when it has finished: that must hold the versions of
 * the lock file. Optional packages may be for other platforms or other versions of Node.
 */
function isInstalled(rootDir) {
  const installedFile = path.join(rootDir, 'node_modules', '.package-lock.json')
  if (!existsSync(installedFile)) return false
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages
  const locked = JSON.parse(readFileSync(path.join(rootDir, 'package-lock.json'), 'utf8')).packages
  return Object.entries(locked).every(([name, wanted]) => {
    if (name === '') return true
    const found = installed[name]
    return found ? found.version === wanted.version : wanted.optional === true
  })
}
