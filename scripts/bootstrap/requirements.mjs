// The module as a whole: naming a function that an old Node lacks would fail before its version is looked at.
import fs from 'node:fs'
import { SetupProblem } from './report.mjs'

const leastNode = [20, 19]
const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']
const leastFreeBytes = 500e6

/** @throws SetupProblem naming what this machine lacks. */
export function checkRequirements(rootDir) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < leastNode[0] || (major === leastNode[0] && minor < leastNode[1])) {
    throw new SetupProblem(
      `Timbre needs Node.js ${leastNode.join('.')} or newer; this is ${process.versions.node}. See https://nodejs.org/en/download`,
    )
  }
  const platform = `${process.platform}-${process.arch}`
  if (!platforms.includes(platform)) {
    throw new SetupProblem(
      `Timbre runs on ${platforms.join(', ')}; this is ${platform}. Elsewhere use docker compose, or WSL on Windows.`,
    )
  }
  if (process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime) {
    throw new SetupProblem(
      'Timbre needs a Linux with glibc (Debian, Ubuntu, Fedora …); this one has another C library, as Alpine has. Use docker compose here.',
    )
  }
  checkFolder(rootDir)
}

function checkFolder(rootDir) {
  try {
    fs.accessSync(rootDir, fs.constants.W_OK)
  } catch {
    throw new SetupProblem(`The folder ${rootDir} cannot be written by this user.`)
  }
  const { bavail, bsize } = fs.statfsSync(rootDir)
  if (bavail * bsize < leastFreeBytes) {
    throw new SetupProblem(`The disk that holds ${rootDir} has less than ${leastFreeBytes / 1e6} MB left.`)
  }
}
