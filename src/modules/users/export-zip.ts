import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import type { ExportEntry } from '../../platform/personal-data'

/** Offsets in a zip file without the 64-bit extension end at 4 GiB; room is left for its directory. */
const maxArchiveBytes = 4 * 1024 ** 3 - 64 * 1024 ** 2

/**
 * A zip file, made in pieces while it is read. JSON is deflated, audio is stored as it is. What would carry the file past
 * 4 GiB is left out and listed in `left-out.json`.
 * @param maxBytes Lower for tests.
 */
export async function* zipOf(
  entries: AsyncIterable<ExportEntry>,
  maxBytes = maxArchiveBytes,
): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = []
  let failure: Error | null = null
  let written = 0
  const zip = new Zip((error, chunk) => {
    if (error) failure = error
    else ready.push(chunk)
  })

  function* take(): Generator<Uint8Array> {
    if (failure) throw failure
    for (const chunk of ready.splice(0)) {
      written += chunk.length
      yield chunk
    }
  }

  function* addJson(name: string, json: unknown): Generator<Uint8Array> {
    const file = new ZipDeflate(name, { level: 6 })
    zip.add(file)
    file.push(Buffer.from(`${JSON.stringify(json, plain, 2)}\n`), true)
    yield* take()
  }

  const leftOut: { name: string; bytes: number }[] = []
  for await (const entry of entries) {
    if ('json' in entry) {
      yield* addJson(entry.name, entry.json)
    } else if (written + entry.bytes > maxBytes) {
      leftOut.push({ name: entry.name, bytes: entry.bytes })
    } else {
      const source = await entry.open()
      const file = new ZipPassThrough(entry.name)
      zip.add(file)
      for await (const chunk of source) {
        file.push(chunk as Buffer)
        yield* take()
      }
      file.push(new Uint8Array(0), true)
      yield* take()
    }
  }
  if (leftOut.length > 0) yield* addJson('left-out.json', leftOut)
  zip.end()
  yield* take()
}

/** Sizes of objects are kept as big integers, which JSON does not know. */
function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}
