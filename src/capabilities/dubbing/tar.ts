import { createReadStream, createWriteStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const blockBytes = 512

/** Packs the files of a folder (not its folders) into an archive as POSIX describes it (ustar). */
export async function packFolder(folder: string, archive: string): Promise<void> {
  const names = (await readdir(folder)).sort()
  await pipeline(Readable.from(archiveOf(folder, names)), createWriteStream(archive))
}

async function* archiveOf(folder: string, names: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const name of names) {
    const { size } = await stat(join(folder, name))
    yield header(name, size)
    for await (const chunk of createReadStream(join(folder, name))) yield chunk as Uint8Array
    yield new Uint8Array((blockBytes - (size % blockBytes)) % blockBytes)
  }
  yield new Uint8Array(2 * blockBytes)
}

function header(name: string, bytes: number): Uint8Array {
  const block = Buffer.alloc(blockBytes)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  block.write(name, 0, 100, 'utf8')
  block.write(octal(0o644, 7) + octal(0, 7) + octal(0, 7) + octal(bytes, 11) + octal(0, 11), 100)
  block.write('        0', 148)
  block.write('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** Writes those files of an archive to a folder whose names are wanted. Stops where the archive makes no sense. */
export async function unpackFiles(
  archive: string,
  folder: string,
  wanted: (name: string) => boolean,
): Promise<void> {
  const file = await open(archive)
  try {
    const { size } = await file.stat()
    const head = Buffer.alloc(blockBytes)
    for (let at = 0; at + blockBytes <= size;) {
      await file.read(head, 0, blockBytes, at)
      const name = text(head.subarray(0, 100))
      const bytes = Number.parseInt(text(head.subarray(124, 136)), 8)
      if (name === '' || !(bytes > 0) || at + blockBytes + bytes > size) return
      at += blockBytes
      if (/^[\w.-]+$/.test(name) && wanted(name)) {
        const content = createReadStream(archive, { start: at, end: at + bytes - 1 })
        await pipeline(content, createWriteStream(join(folder, name)))
      }
      at += Math.ceil(bytes / blockBytes) * blockBytes
    }
  } finally {
    await file.close()
  }
}

function text(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes
    .subarray(0, end < 0 ? undefined : end)
    .toString('utf8')
    .trim()
}
