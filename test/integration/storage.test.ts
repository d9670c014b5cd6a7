import { createHash, randomBytes } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../src/platform/ids'
import { startStorageApp, type StorageApp } from '../support/storage-app'

const mebibyte = 1024 * 1024
const hour = 3600 * 1000
const content = randomBytes(200_000)
const sha256 = createHash('sha256').update(content).digest('hex')

describe('storage', () => {
  let fixture: StorageApp
  let user: string

  beforeAll(async () => {
    fixture = await startStorageApp()
    return () => fixture.close()
  })
  beforeEach(async () => {
    user = await fixture.newUser()
  })

  const describeUpload = (change: object = {}) => ({
    filename: 'take 1.wav',
    content_type: 'audio/wav',
    bytes: content.length,
    ...change,
  })
  const askForAddress = (change: object = {}, headers: Record<string, string> = {}) =>
    fixture.as(user, { method: 'POST', url: '/api/storage/upload', payload: describeUpload(change), headers })
  const send = (target: { url: string; headers: Record<string, string> }, body: Buffer) =>
    fetch(target.url, { method: 'PUT', headers: target.headers, body: new Uint8Array(body) })

  async function uploaded(): Promise<string> {
    const target = (await askForAddress()).json()
    expect((await send(target, content)).status).toBe(200)
    return target.upload_id
  }

  async function sendForm(parts: [name: string, value: string | File][]) {
    const form = new FormData()
    for (const [name, value] of parts) form.append(name, value)
    const headers = { authorization: `Bearer ${user}` }
    return fetch(`${fixture.baseUrl}/api/storage/upload`, { method: 'POST', headers, body: form })
  }
  const file = (bytes: Buffer, name = 'take 1.wav', type = 'audio/wav') =>
    new File([new Uint8Array(bytes)], name, { type })

  describe('by signed address', () => {
    it('promises a place, takes the bytes there and gives them back', async () => {
      const answer = await askForAddress()
      expect(answer.statusCode).toBe(201)
      const target = answer.json()
      expect(target).toEqual({
        upload_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        url: expect.stringContaining(`${fixture.baseUrl}/storage/uploads/`),
        method: 'PUT',
        headers: { 'content-type': 'audio/wav' },
        expires_at: expect.stringMatching(/Z$/),
      })
      const early = await fixture.as(user, { url: `/api/storage/download/${target.upload_id}` })
      expect([early.statusCode, early.json().code]).toEqual([409, 'upload_incomplete'])

      expect((await send(target, content)).status).toBe(200)
      const row = await fixture.database.storedObject.findUniqueOrThrow({ where: { id: target.upload_id } })
      expect(row).toMatchObject({ status: 'stored', bytes: BigInt(content.length), sha256, expiresAt: null })

      const redirect = await fixture.as(user, { url: `/api/storage/download/${target.upload_id}` })
      expect(redirect.statusCode).toBe(302)
      const download = await fetch(redirect.headers.location!)
      expect(download.headers.get('content-disposition')).toContain("filename*=UTF-8''take%201.wav")
      expect(download.headers.get('x-content-type-options')).toBe('nosniff')
      expect(download.headers.get('content-security-policy')).toContain('sandbox')
      expect(Buffer.from(await download.arrayBuffer()).equals(content)).toBe(true)
    })

    it('tells listeners of a stored object once, however often it is confirmed', async () => {
      const seen: string[] = []
      const stop = fixture.storage.onStored((objectId) => void seen.push(objectId))
      const id = await uploaded()
      const statuses = await Promise.all(Array.from({ length: 5 }, () => fixture.storage.confirmStored(id)))
      stop()
      expect(new Set(statuses)).toEqual(new Set(['stored']))
      expect(seen).toEqual([id])
      expect(await fixture.storage.confirmStored(newId())).toBe('deleted')
    })

    it('takes types with parameters, as browsers record them', async () => {
      const target = (await askForAddress({ content_type: 'audio/webm;codecs=opus' })).json()
      expect(target.headers).toEqual({ 'content-type': 'audio/webm' })
      const browser = { ...target, headers: { 'content-type': 'audio/webm;codecs=opus' } }
      expect((await send(browser, content)).status).toBe(200)
      const other = { ...target, headers: { 'content-type': 'text/html' } }
      expect((await send(other, content)).status).toBe(403)
    })

    it('refuses what is too large, of another kind, or not described', async () => {
      for (const [change, status, code] of [
        [{ bytes: 4 * mebibyte + 1 }, 413, 'payload_too_large'],
        [{ content_type: 'text/html' }, 415, 'unsupported_media_type'],
        [{ content_type: 'audio/wav\r\nx-evil: 1' }, 415, 'unsupported_media_type'],
        [{ bytes: 0 }, 400, 'validation_failed'],
        [{ bytes: -1 }, 400, 'validation_failed'],
        [{ bytes: 1.5 }, 400, 'validation_failed'],
        [{ filename: '' }, 400, 'validation_failed'],
      ] as const) {
        const answer = await askForAddress(change)
        expect([answer.statusCode, answer.json().code], JSON.stringify(change)).toEqual([status, code])
      }
      const nobody = await fixture.app.inject({
        method: 'POST',
        url: '/api/storage/upload',
        payload: describeUpload(),
      })
      expect(nobody.statusCode).toBe(401)
      expect(await fixture.database.storedObject.count({ where: { userId: user } })).toBe(0)
    })

    it('removes an object that is longer than was announced', async () => {
      const { upload_id: id } = (await askForAddress({ bytes: 1000 })).json()
      // As a client of S3 could: its signed addresses cannot limit the length.
      await fixture.objects.put(`uploads/${id}`, Buffer.alloc(1001), { contentType: 'audio/wav' })
      expect(await fixture.storage.confirmStored(id)).toBe('deleted')
      expect(await fixture.objects.stat(`uploads/${id}`)).toBeNull()
      expect(await fixture.storage.getOwned(user, id)).toBeNull()
    })

    it('gives one place for one idempotency key', async () => {
      const key = newId()
      const first = await askForAddress({}, { 'idempotency-key': key })
      const second = await askForAddress({}, { 'idempotency-key': key })
      const other = await askForAddress({ bytes: 1 }, { 'idempotency-key': key })
      expect(second.json()).toEqual(first.json())
      expect(other.statusCode).toBe(422)
    })
  })

  describe('by form', () => {
    it('stores the file as it arrives', async () => {
      const answer = await sendForm([
        ['note', 'x'],
        ['file', file(content)],
      ])
      expect(answer.status).toBe(201)
      const stored = await answer.json()
      expect(stored).toEqual({
        upload_id: expect.any(String),
        filename: 'take 1.wav',
        content_type: 'audio/wav',
        bytes: content.length,
        sha256,
        status: 'stored',
        created_at: expect.stringMatching(/Z$/),
      })
      const redirect = await fixture.as(user, { url: `/api/storage/download/${stored.upload_id}` })
      const download = await fetch(redirect.headers.location!)
      expect(Buffer.from(await download.arrayBuffer()).equals(content)).toBe(true)
    })

    it('takes a file of exactly the allowed size', async () => {
      expect((await sendForm([['file', file(Buffer.alloc(4 * mebibyte))]])).status).toBe(201)
      const tooLong = await sendForm([['file', file(Buffer.alloc(4 * mebibyte + 1))]])
      expect([tooLong.status, (await tooLong.json()).code]).toEqual([413, 'payload_too_large'])
    })

    it('refuses without a trace', async () => {
      const before = fixture.files()
      for (const [parts, status, code] of [
        [[['file', file(Buffer.alloc(0))]], 422, 'invalid_media'],
        [[['file', file(content, 'x.html', 'text/html')]], 415, 'unsupported_media_type'],
        [[['note', 'x']], 400, 'bad_request'],
        [[], 400, 'bad_request'],
        [
          [
            ['file', file(content)],
            ['file', file(content)],
          ],
          400,
          'bad_request',
        ],
      ] as [[string, string | File][], number, string][]) {
        const answer = await sendForm(parts)
        expect([answer.status, (await answer.json()).code]).toEqual([status, code])
      }
      expect(fixture.files()).toEqual(before)
      expect(await fixture.storage.list(user, { take: 10 })).toEqual([])
    })

    it('refuses forms that end in the middle', async () => {
      const before = fixture.files()
      const head =
        '--b\r\ncontent-disposition: form-data; name="file"; filename="x.wav"\r\ncontent-type: audio/wav\r\n\r\n'
      for (const body of [head, `${head}abc`, `${head}abc\r\n--b`, '--b', 'nonsense']) {
        const answer = await fixture.as(user, {
          method: 'POST',
          url: '/api/storage/upload',
          headers: { 'content-type': 'multipart/form-data; boundary=b' },
          payload: body,
        })
        expect([answer.statusCode, answer.json().code], JSON.stringify(body)).toEqual([400, 'bad_request'])
      }
      expect(fixture.files()).toEqual(before)
    })
  })

  it('keeps strange file names as harmless text', async () => {
    const before = fixture.files().length
    for (const [given, shown] of [
      ['../../../etc/passwd.wav', 'passwd.wav'],
      ['..\\..\\x.wav', 'x.wav'],
      ['a\0b.wav', 'ab.wav'],
      [`${'n'.repeat(4096)}.wav`, `${'n'.repeat(196)}.wav`],
      ['\u202evaw.exe', 'vaw.exe'],
    ] as const) {
      const target = (await askForAddress({ filename: given })).json()
      expect((await send(target, content)).status).toBe(200)
      const listed = (await fixture.as(user, { url: '/api/storage?limit=1' })).json()
      expect(listed.data[0]).toMatchObject({ upload_id: target.upload_id, filename: shown })
      const redirect = await fixture.as(user, { url: `/api/storage/download/${target.upload_id}` })
      const download = await fetch(redirect.headers.location!)
      expect(download.headers.get('content-disposition')).toContain(encodeURIComponent(shown))
      await download.arrayBuffer()
    }
    // Every file is named by ids alone.
    const names = fixture.files()
    expect(names.length).toBe(before + 10)
    expect(names.every((name) => /^[0-9a-f-]{36}@([0-9a-f-]{36}|\.json)$/.test(name))).toBe(true)
  })

  it("shows another user's objects to nobody", async () => {
    const id = await uploaded()
    user = await fixture.newUser()
    expect((await fixture.as(user, { url: `/api/storage/download/${id}` })).statusCode).toBe(404)
    const removal = await fixture.as(user, { method: 'DELETE', url: `/api/storage/delete/${id}` })
    expect(removal.statusCode).toBe(404)
    expect((await fixture.as(user, { url: '/api/storage' })).json().data).toEqual([])
    expect(await fixture.objects.stat(`uploads/${id}`)).not.toBeNull()
    for (const wrong of [newId(), 'nonsense', '..%2f..%2fetc%2fpasswd']) {
      const answer = await fixture.as(user, { url: `/api/storage/download/${wrong}` })
      expect([400, 404], wrong).toContain(answer.statusCode)
    }
  })

  it('deletes, but not under a job that is still to run', async () => {
    const id = await uploaded()
    const job = await fixture.database.audioProcessingJob.create({
      data: {
        id: newId(),
        userId: user,
        capability: 'noise-removal',
        modelId: 'x',
        inputType: 'audio',
        inputObjectId: id,
        parameters: {},
        seed: 1,
      },
    })
    const remove = () => fixture.as(user, { method: 'DELETE', url: `/api/storage/delete/${id}` })
    for (const status of ['pending', 'processing'] as const) {
      await fixture.database.audioProcessingJob.update({ where: { id: job.id }, data: { status } })
      expect((await remove()).statusCode).toBe(409)
    }
    await fixture.database.audioProcessingJob.update({
      where: { id: job.id },
      data: { status: 'canceled', completedAt: new Date() },
    })
    expect((await remove()).statusCode).toBe(204)
    expect(await fixture.objects.stat(`uploads/${id}`)).toBeNull()
    expect((await fixture.as(user, { url: `/api/storage/download/${id}` })).statusCode).toBe(404)
    expect((await remove()).statusCode).toBe(404)
  })

  it('lists in pages, newest first', async () => {
    const ids: string[] = []
    for (let index = 0; index < 5; index += 1) ids.unshift((await askForAddress()).json().upload_id)
    const idsOf = (page: { data: { upload_id: string }[] }) => page.data.map((item) => item.upload_id)
    const first = (await fixture.as(user, { url: '/api/storage?limit=2' })).json()
    expect([idsOf(first), first.has_more, first.object]).toEqual([ids.slice(0, 2), true, 'list'])
    const rest = (await fixture.as(user, { url: `/api/storage?limit=5&starting_after=${ids[1]}` })).json()
    expect([idsOf(rest), rest.has_more]).toEqual([ids.slice(2), false])
  })

  describe('sweep', () => {
    const later = () => new Date(Date.now() + 25 * hour)

    it('removes promises that were not kept, and objects that nobody knows', async () => {
      const kept = await uploaded()
      const { upload_id: promised } = (await askForAddress()).json()
      const arrived = (await askForAddress()).json()
      await fixture.objects.put(`uploads/${arrived.upload_id}`, content, { contentType: 'audio/wav' })
      const orphan = `uploads/${newId()}`
      await fixture.objects.put(orphan, content, { contentType: 'audio/wav' })
      const removed = await uploaded()
      await fixture.database.storedObject.update({ where: { id: removed }, data: { status: 'deleted' } })

      expect(await fixture.storage.sweep()).toEqual({ expired: 0, orphans: 0, leftovers: 0 })
      const result = await fixture.storage.sweep([], later())
      expect(result.expired).toBeGreaterThanOrEqual(1)
      expect(result.orphans).toBeGreaterThanOrEqual(2)
      expect(await fixture.storage.confirmStored(promised)).toBe('deleted')
      expect(await fixture.objects.stat(orphan)).toBeNull()
      expect(await fixture.objects.stat(`uploads/${removed}`)).toBeNull()
      expect(await fixture.objects.stat(`uploads/${kept}`)).not.toBeNull()
      expect(await fixture.storage.confirmStored(arrived.upload_id)).toBe('stored')
      expect(await fixture.storage.sweep([], later())).toEqual({ expired: 0, orphans: 0, leftovers: 0 })
    })

    it('asks other modules about their own objects', async () => {
      const [kept, orphan] = [`jobs/${newId()}/1/output.flac`, `jobs/${newId()}/1/output.flac`]
      for (const key of [kept, orphan]) await fixture.objects.put(key, content, { contentType: 'audio/flac' })
      const others = [
        {
          prefix: 'jobs/',
          known: (keys: string[]) => Promise.resolve(new Set(keys.filter((key) => key === kept))),
        },
      ]
      expect((await fixture.storage.sweep(others, later())).orphans).toBe(1)
      expect(await fixture.objects.stat(kept)).not.toBeNull()
      expect(await fixture.objects.stat(orphan)).toBeNull()
    })
  })
})
