import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** Lines of a text file, read as a stream; a name that ends in `.gz` is unpacked. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 })
  // `pipeline` passes an error of the file on to the unpacked stream, where the loop below meets it.
  const stream = path.endsWith('.gz') ? pipeline(file, createGunzip(), () => undefined) : file
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const text = rest + decoder.decode(chunk as Buffer, { stream: true })
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      yield text.slice(from, end)
      from = end + 1
    }
    rest = text.slice(from)
  }
  if (rest !== '') yield rest
}
