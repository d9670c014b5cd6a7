import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDiskObjectStore, type DiskObjectStore } from './disk-object-store'

const wav = { contentType: 'audio/wav' }
const canMount = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'tmpfs', os.tmpdir()]).status === 0

let folder: string
let store: DiskObjectStore

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'timbre-disk-'))
  store = createDiskObjectStore({ root: path.join(folder, 'store'), secret: 'x'.repeat(32), baseUrl: '' })
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
}

const contentFile = () => filesBelow(folder).find((file) => file.includes('@') && !file.endsWith('.json'))!

function flipByte(file: string, position: number): void {
  const content = readFileSync(file)
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, Buffer.from([content[position]! ^ 1]), 0, 1, position)
}

describe('damaged content', () => {
  it('is refused by its checksum when one byte differs', async () => {
    await store.put('jobs/1/output.flac', randomBytes(300_000), wav)
    const target = path.join(folder, 'target')
    await store.getFile('jobs/1/output.flac', target)
    rmSync(target)
    flipByte(contentFile(), 123_456)
    await expect(store.getFile('jobs/1/output.flac', target)).rejects.toMatchObject({
      code: 'checksum_mismatch',
    })
    await expect(store.read('jobs/1/output.flac')).rejects.toMatchObject({ code: 'checksum_mismatch' })
    await expect(store.read('jobs/1/output.flac', { start: 0, end: 9 })).rejects.toMatchObject({
      code: 'checksum_mismatch',
    })
    expect(() => statSync(target)).toThrow()
  })

  it('is refused when it is cut off or gone', async () => {
    await store.put('a', randomBytes(1000), wav)
    const file = contentFile()
    rmSync(file)
    await expect(store.read('a')).rejects.toMatchObject({ code: 'checksum_mismatch' })
    writeFileSync(file, randomBytes(999))
    await expect(store.read('a')).rejects.toMatchObject({ code: 'checksum_mismatch' })
  })
})

describe('files that are handed out', () => {
  it('share the stored content and cannot be written through', async () => {
    await store.put('a', Buffer.from('content'), wav)
    const target = path.join(folder, 'target')
    await store.getFile('a', target)
    expect(statSync(target).ino).toBe(statSync(contentFile()).ino)
    expect(statSync(target).mode & 0o222).toBe(0)
  })
})

describe('leftovers', () => {
  it('of writes that a crash cut off are removed once they are old, objects never', async () => {
    await store.put('uploads/1', Buffer.from('kept'), wav)
    const unnamed = contentFile().replace(/@.*/, '@00000000-0000-0000-0000-000000000000')
    writeFileSync(unnamed, 'x')
    writeFileSync(path.join(folder, 'store', 'temporary', 'broken'), 'x')
    expect(await store.removeLeftovers(new Date(Date.now() - 60_000))).toBe(0)
    expect(await store.removeLeftovers(new Date(Date.now() + 60_000))).toBe(2)
    expect(await store.stat('uploads/1')).not.toBeNull()
    expect(filesBelow(folder)).toHaveLength(2)
  })

  it('do not remain after concurrent writes', async () => {
    const puts = Array.from({ length: 8 }, (_, index) =>
      store.put('a', Readable.from([Buffer.alloc(1000, index)]), wav),
    )
    await Promise.all(puts)
    expect(filesBelow(folder)).toHaveLength(2)
  })
})

describe(`a full disk${canMount ? '' : ' (skipped: needs unshare with user namespaces to mount a small one)'}`, () => {
  it.skipIf(!canMount)('fails with disk_full and leaves nothing', () => {
    const script = path.join(folder, 'fill.ts')
    const mounted = path.join(folder, 'mounted')
    mkdirSync(mounted)
    writeFileSync(
      script,
      `
      import { readdirSync } from 'node:fs'
      import { createDiskObjectStore } from ${JSON.stringify(path.resolve('src/platform/objects/disk-object-store.ts'))}
      const root = ${JSON.stringify(mounted)}
      const store = createDiskObjectStore({ root, secret: 'x', baseUrl: '' })
      const files = () => readdirSync(root, { recursive: true, withFileTypes: true }).filter((e) => e.isFile()).length
      const main = async () => {
        await store.put('uploads/small', Buffer.alloc(200_000, 1), { contentType: 'audio/wav' })
        const before = files()
        const code = await store.put('uploads/large', Buffer.alloc(5_000_000), { contentType: 'audio/wav' })
          .then(() => 'stored', (error) => error.code)
        const left = files() - before
        const stat = await store.stat('uploads/large')
        const again = await store.put('uploads/fits', Buffer.alloc(200_000, 2), { contentType: 'audio/wav' })
        console.log(JSON.stringify({ code, left, stat, again: again.bytes }))
      }
      void main()
      `,
    )
    const command = `mount -t tmpfs -o size=1m tmpfs "${mounted}" && exec "$0" --import tsx "${script}"`
    const run = spawnSync('unshare', ['-Urm', 'sh', '-c', command, process.execPath], { encoding: 'utf8' })
    expect(run.stderr).toBe('')
    expect(JSON.parse(run.stdout)).toEqual({ code: 'disk_full', left: 0, stat: null, again: 200_000 })
  })
})
