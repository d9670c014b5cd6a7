import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/platform/ids'
import type { ObjectStore } from '../../src/platform/objects'
import { drivers, type DriverUnderTest } from './object-store-drivers'

const mebibyte = 1024 * 1024
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex')
const newKey = () => `uploads/${newId()}`
const wav = { contentType: 'audio/wav' }

describe.each(drivers)('object store: $title', ({ start, missing, startTimeoutMs }) => {
  let driver: DriverUnderTest
  let store: ObjectStore
  let folder: string

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'timbre-objects-local-'))
    if (missing) return
    driver = await start()
    store = driver.store
    return () => driver.stop()
  }, startTimeoutMs)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const works = it.skipIf(missing)

  async function stored(content: Buffer, contentType = 'audio/wav'): Promise<string> {
    const key = newKey()
    await store.put(key, content, { contentType })
    return key
  }

  async function keysUnder(prefix: string): Promise<string[]> {
    const keys: string[] = []
    for await (const { key } of store.list(prefix)) keys.push(key)
    return keys.sort()
  }

  /** What was written, in pieces of 64 KiB; it never lies in memory as a whole. */
  function patternStream(bytes: number, failAfter = Infinity): { stream: Readable; sha256: () => string } {
    const hash = createHash('sha256')
    const stream = Readable.from(
      (function* () {
        for (let sent = 0; sent < bytes; sent += 65_536) {
          if (sent >= failAfter) throw new Error('the source broke')
          const chunk = Buffer.alloc(Math.min(65_536, bytes - sent), sent / 65_536)
          hash.update(chunk)
          yield chunk
        }
      })(),
      { objectMode: false },
    )
    return { stream, sha256: () => hash.digest('hex') }
  }

  describe('writing and reading', () => {
    works('gives back what was put, with size, type, time and checksum', async () => {
      const content = randomBytes(100_003)
      const key = newKey()
      const before = Date.now()
      const info = await store.put(key, content, { contentType: 'audio/flac' })
      const found = await store.stat(key)
      expect(info).toMatchObject({ bytes: 100_003, contentType: 'audio/flac', sha256: sha256(content) })
      expect(found).toMatchObject({ bytes: 100_003, contentType: 'audio/flac', sha256: sha256(content) })
      // S3 tells whole seconds.
      expect(found!.lastModified.getTime()).toBeGreaterThan(before - 2000)
      expect(found!.lastModified.getTime()).toBeLessThan(Date.now() + 2000)
      expect(await buffer(await store.read(key))).toEqual(content)
    })

    works('keeps empty objects', async () => {
      const key = newKey()
      expect(await store.put(key, Readable.from([]), wav)).toMatchObject({
        bytes: 0,
        sha256: sha256(Buffer.alloc(0)),
      })
      expect(await store.stat(key)).toMatchObject({ bytes: 0 })
    })

    works('reads ranges with an inclusive end', async () => {
      const key = await stored(Buffer.from('0123456789'))
      const read = async (start: number, end: number) =>
        (await buffer(await store.read(key, { start, end }))).toString()
      expect(await read(0, 0)).toBe('0')
      expect(await read(3, 5)).toBe('345')
      expect(await read(9, 9)).toBe('9')
      expect(await read(0, 9)).toBe('0123456789')
    })

    works('replaces an object as a whole', async () => {
      const key = await stored(Buffer.from('old'))
      await store.put(key, Buffer.from('newer'), { contentType: 'audio/ogg' })
      expect((await buffer(await store.read(key))).toString()).toBe('newer')
      expect(await store.stat(key)).toMatchObject({
        bytes: 5,
        contentType: 'audio/ogg',
        sha256: sha256(Buffer.from('newer')),
      })
    })

    works('leaves one whole object when several are put under one key at once', async () => {
      const key = newKey()
      const contents = Array.from({ length: 6 }, (_, index) => Buffer.alloc(300_000 + index, index))
      await Promise.all(contents.map((content) => store.put(key, Readable.from([content]), wav)))
      const content = await buffer(await store.read(key))
      const info = await store.stat(key)
      expect(contents.some((candidate) => candidate.equals(content))).toBe(true)
      expect(info).toMatchObject({ bytes: content.length, sha256: sha256(content) })
    })

    works('a reader sees the old or the new object, never a mixture', async () => {
      const key = await stored(Buffer.alloc(200_000, 1))
      const writing = (async () => {
        for (let value = 2; value < 22; value += 1) await store.put(key, Buffer.alloc(200_000, value), wav)
      })()
      for (let round = 0; round < 20; round += 1) {
        const content = await buffer(await store.read(key))
        expect(content.length).toBe(200_000)
        expect(content.every((byte) => byte === content[0])).toBe(true)
      }
      await writing
    })

    works('streams 128 MiB in bounded memory', async () => {
      const key = newKey()
      const source = patternStream(128 * mebibyte)
      globalThis.gc?.()
      const before = process.memoryUsage().rss
      let peak = before
      const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 10)
      const info = await store.put(key, source.stream, wav)
      clearInterval(watch)
      const expected = source.sha256()
      expect(info).toMatchObject({ bytes: 128 * mebibyte, sha256: expected })
      expect(await store.stat(key)).toMatchObject({
        bytes: 128 * mebibyte,
        sha256: expected,
        contentType: 'audio/wav',
      })
      const hash = createHash('sha256')
      for await (const chunk of await store.read(key)) hash.update(chunk as Buffer)
      expect(hash.digest('hex')).toBe(expected)
      expect(await keysUnder('staging/')).toEqual([])
      expect((peak - before) / mebibyte).toBeLessThan(80)
    })
  })

  describe('what is refused leaves nothing', () => {
    works('content longer than allowed, small and large', async () => {
      for (const [bytes, maxBytes] of [
        [1001, 1000],
        [20 * mebibyte, 18 * mebibyte],
      ] as const) {
        const key = newKey()
        await expect(store.put(key, patternStream(bytes).stream, { ...wav, maxBytes })).rejects.toMatchObject(
          {
            code: 'payload_too_large',
          },
        )
        expect(await store.stat(key)).toBeNull()
        expect(await keysUnder(key)).toEqual([])
      }
      const key = newKey()
      await store.put(key, patternStream(1000).stream, { ...wav, maxBytes: 1000 })
      expect(await store.stat(key)).toMatchObject({ bytes: 1000 })
    })

    works('a source that fails, small and large', async () => {
      for (const failAfter of [65_536, 20 * mebibyte]) {
        const key = newKey()
        const { stream } = patternStream(40 * mebibyte, failAfter)
        await expect(store.put(key, stream, wav)).rejects.toThrow()
        expect(await store.stat(key)).toBeNull()
      }
    })

    works('an aborted write', async () => {
      const key = newKey()
      const abort = new AbortController()
      const slow = Readable.from(
        (async function* () {
          for (;;) {
            yield Buffer.alloc(mebibyte)
            await sleep(5)
          }
        })(),
        { objectMode: false },
      )
      setTimeout(() => abort.abort(), 150)
      await expect(store.put(key, slow, { ...wav, signal: abort.signal })).rejects.toMatchObject({
        code: 'canceled',
      })
      expect(slow.destroyed).toBe(true)
      expect(await store.stat(key)).toBeNull()
      expect(await store.removeLeftovers(new Date(Date.now() + 60_000))).toBe(0)
    })

    works('a failed write keeps the object that was there', async () => {
      const key = await stored(Buffer.from('precious'))
      await expect(store.put(key, patternStream(2000).stream, { ...wav, maxBytes: 1000 })).rejects.toThrow()
      expect((await buffer(await store.read(key))).toString()).toBe('precious')
    })

    works('keys that could leave the store', async () => {
      const keys = [
        '',
        '/',
        'a//b',
        '../a',
        'a/../b',
        'a/./b',
        '/a',
        'a/',
        'a\0b',
        'a\\b',
        'ä',
        '.hidden',
        'a/@.json',
      ]
      for (const key of [...keys, 'k'.repeat(129), 'kkkkkkk/'.repeat(70) + 'k']) {
        await expect(store.put(key, Buffer.from('x'), wav), key).rejects.toMatchObject({
          code: 'bad_request',
        })
        await expect(store.stat(key), key).rejects.toMatchObject({ code: 'bad_request' })
        await expect(store.remove(key), key).rejects.toMatchObject({ code: 'bad_request' })
        await expect((async () => store.read(key))(), key).rejects.toMatchObject({ code: 'bad_request' })
        await expect((async () => store.signGet(key, { expiresInSeconds: 60 }))(), key).rejects.toMatchObject(
          {
            code: 'bad_request',
          },
        )
      }
    })
  })

  describe('what is missing', () => {
    works('is null, not found, or nothing to remove', async () => {
      const key = newKey()
      expect(await store.stat(key)).toBeNull()
      await expect(store.read(key)).rejects.toMatchObject({ code: 'not_found' })
      await expect(store.getFile(key, path.join(folder, 'missing'))).rejects.toMatchObject({
        code: 'not_found',
      })
      await store.remove(key)
      await store.remove(key)
    })

    works('removed objects are gone', async () => {
      const key = await stored(Buffer.from('x'))
      await store.remove(key)
      expect(await store.stat(key)).toBeNull()
      expect(await keysUnder(key)).toEqual([])
    })
  })

  describe('files', () => {
    works('go in and come out unchanged', async () => {
      const content = randomBytes(21 * mebibyte)
      const [from, to] = [path.join(folder, 'from.flac'), path.join(folder, 'to.flac')]
      writeFileSync(from, content)
      const key = newKey()
      expect(await store.putFile(key, from, wav)).toMatchObject({
        bytes: content.length,
        sha256: sha256(content),
      })
      expect(await store.stat(key)).toMatchObject({ bytes: content.length, sha256: sha256(content) })
      expect(await store.getFile(key, to)).toMatchObject({ bytes: content.length, sha256: sha256(content) })
      expect(sha256(readFileSync(to))).toBe(sha256(content))
      // Once more over a file that is already there.
      await store.getFile(key, to)
      await store.remove(key)
      expect(sha256(readFileSync(to))).toBe(sha256(content))
    })

    works('are refused when one stored byte has changed', async () => {
      const key = await stored(randomBytes(100_000))
      const target = path.join(folder, 'damaged')
      await store.getFile(key, target)
      rmSync(target)
      await driver.damage(key)
      await expect(store.getFile(key, target)).rejects.toMatchObject({ code: 'checksum_mismatch' })
      expect(readdirSync(folder).filter((name) => name.startsWith('damaged'))).toEqual([])
    })

    works('that are too long or missing are refused', async () => {
      const file = path.join(folder, 'long.wav')
      writeFileSync(file, Buffer.alloc(2000))
      const key = newKey()
      await expect(store.putFile(key, file, { ...wav, maxBytes: 1999 })).rejects.toMatchObject({
        code: 'payload_too_large',
      })
      await expect(store.putFile(key, path.join(folder, 'none'), wav)).rejects.toThrow()
      expect(await store.stat(key)).toBeNull()
    })
  })

  works('lists what begins with a prefix', async () => {
    const job = newId()
    const keys = [`jobs/${job}/1/output.flac`, `jobs/${job}/1/preview.mp3`, `jobs/${job}/2/output.flac`]
    for (const key of keys) await store.put(key, Buffer.from(key), wav)
    expect(await keysUnder(`jobs/${job}/`)).toEqual(keys)
    expect(await keysUnder(`jobs/${job}/1/`)).toEqual(keys.slice(0, 2))
    expect(await keysUnder(`jobs/${job}/1/out`)).toEqual(keys.slice(0, 1))
    expect(await keysUnder(`jobs/${newId()}/`)).toEqual([])
    for await (const item of store.list(`jobs/${job}/2/`)) expect(item.bytes).toBe(keys[2]!.length)
  })

  describe('signed addresses', () => {
    works('serve an object whole and in part, and tell about it', async () => {
      const key = await stored(Buffer.from('0123456789'), 'audio/mpeg')
      const { url, method } = await store.signGet(key, { expiresInSeconds: 60 })
      expect(method).toBe('GET')
      const whole = await fetch(url)
      expect([whole.status, whole.headers.get('content-type'), await whole.text()]).toEqual([
        200,
        'audio/mpeg',
        '0123456789',
      ])
      expect(whole.headers.get('accept-ranges')).toBe('bytes')
      const part = await fetch(url, { headers: { range: 'bytes=2-4' } })
      expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
        206,
        'bytes 2-4/10',
        '234',
      ])
      const tail = await fetch(url, { headers: { range: 'bytes=-3' } })
      expect([tail.status, await tail.text()]).toEqual([206, '789'])
      const beyond = await fetch(url, { headers: { range: 'bytes=10-' } })
      expect(beyond.status).toBe(416)
      const etag = whole.headers.get('etag')!
      expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304)
    })

    works('offer any file name, and another type', async () => {
      const key = await stored(Buffer.from('x'))
      for (const filename of ['take 1.wav', 'गाना — "最終" (1); ü%.wav', "it's*.mp3", 'a\r\nx-evil: 1.wav']) {
        const { url } = await store.signGet(key, { expiresInSeconds: 60, filename, contentType: 'audio/ogg' })
        const response = await fetch(url)
        expect(response.status, filename).toBe(200)
        expect(response.headers.get('content-type')).toBe('audio/ogg')
        expect(response.headers.get('x-evil')).toBeNull()
        const disposition = response.headers.get('content-disposition')!
        const encoded = /^attachment; filename="[ -~]*"; filename\*=UTF-8''([A-Za-z0-9%.!#$&+^_`|~-]+)$/.exec(
          disposition,
        )
        expect(decodeURIComponent(encoded![1]!)).toBe(filename)
      }
    })

    works('take an upload with its type', async () => {
      const key = newKey()
      const target = await store.signPut(key, {
        expiresInSeconds: 60,
        contentType: 'audio/webm',
        maxBytes: mebibyte,
      })
      expect(target.method).toBe('PUT')
      const content = randomBytes(mebibyte)
      const response = await fetch(target.url, { method: 'PUT', headers: target.headers, body: content })
      expect(response.status).toBe(200)
      expect(await store.stat(key)).toMatchObject({ bytes: mebibyte, contentType: 'audio/webm' })
      expect(sha256(await buffer(await store.read(key)))).toBe(sha256(content))
    })

    works('answer 404 for what is not there', async () => {
      const { url } = await store.signGet(newKey(), { expiresInSeconds: 60 })
      expect((await fetch(url)).status).toBe(404)
    })

    works('are refused after their time', async () => {
      const key = await stored(Buffer.from('x'))
      const { url, expiresAt } = await store.signGet(key, { expiresInSeconds: 1 })
      expect(Math.abs(expiresAt.getTime() - Date.now())).toBeLessThan(2000)
      expect((await fetch(url)).status).toBe(200)
      await sleep(2100)
      expect((await fetch(url)).status).toBe(403)
    })

    works('are refused when anything about them is changed', async () => {
      const [key, other] = [await stored(Buffer.from('mine')), await stored(Buffer.from('theirs'))]
      const { url } = await store.signGet(key, { expiresInSeconds: 60, filename: 'mine.wav' })
      expect((await fetch(url.replace(key, other))).status).toBe(403)
      for (const method of ['PUT', 'DELETE', 'POST']) {
        const response = await fetch(url, { method, ...(method !== 'DELETE' && { body: 'forged' }) })
        expect([403, 404, 405], method).toContain(response.status)
      }
      const parameters = [...new URL(url).searchParams.keys()]
      expect(parameters.length).toBeGreaterThan(2)
      for (const name of parameters) {
        const changed = new URL(url)
        const value = changed.searchParams.get(name)!
        changed.searchParams.set(name, value.slice(0, -1) + (value.endsWith('1') ? '2' : '1'))
        expect([400, 403], name).toContain((await fetch(changed)).status)
        changed.searchParams.delete(name)
        expect([400, 403], name).toContain((await fetch(changed)).status)
      }
      expect((await fetch(url.split('?')[0]!)).status).toBe(403)
      expect((await buffer(await store.read(key))).toString()).toBe('mine')
    })

    works('for reading do not write, and the other way round', async () => {
      const key = await stored(Buffer.from('kept'))
      const put = await store.signPut(key, { expiresInSeconds: 60, contentType: 'audio/wav', maxBytes: 100 })
      expect((await fetch(put.url)).status).toBe(403)
      const forged = await fetch(
        put.url.replace(/[Ss]ignature=[^&]{6}/, (match) => match.slice(0, -6) + 'abcdef'),
        {
          method: 'PUT',
          headers: put.headers,
          body: 'forged',
        },
      )
      expect(forged.status).toBe(403)
      expect((await buffer(await store.read(key))).toString()).toBe('kept')
    })
  })

  works('says when it can be reached and when not', async () => {
    await store.check()
    await expect(driver.unreachable.check()).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  })
})
