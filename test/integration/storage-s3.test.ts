import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/platform/ids'
import { createS3ObjectStore, type ObjectStore } from '../../src/platform/objects'
import { s3ServerMissing, s3StartTimeoutMs, startS3Server, type TestS3Server } from '../support/s3-server'
import { startStorageApp, type StorageApp } from '../support/storage-app'

const content = new Uint8Array(randomBytes(10 * 1024 * 1024))
const works = it.skipIf(s3ServerMissing !== null)

describe(`storage on S3${s3ServerMissing ?? ''}`, () => {
  let server: TestS3Server
  let objects: ObjectStore
  let fixture: StorageApp
  let user: string

  beforeAll(async () => {
    if (s3ServerMissing) return
    server = await startS3Server()
    objects = createS3ObjectStore({ ...server, bucket: `timbre-${randomBytes(6).toString('hex')}` })
    await objects.check()
    fixture = await startStorageApp({ maxMegabytes: 16, objects })
    user = await fixture.newUser()
    return async () => {
      await fixture.close()
      await server.stop()
    }
  }, s3StartTimeoutMs)

  async function promise(bytes: number) {
    const payload = { filename: 'take 1.wav', content_type: 'audio/wav', bytes }
    return (await fixture.as(user, { method: 'POST', url: '/api/storage/upload', payload })).json()
  }
  const send = ({ url, headers }: { url: string; headers: Record<string, string> }) =>
    fetch(url, { method: 'PUT', headers, body: content })
  const download = (id: string) => fixture.as(user, { url: `/api/storage/download/${id}` })

  works('takes uploads past the app and serves them from there', async () => {
    const target = await promise(content.length)
    expect(new URL(target.url).origin).toBe(new URL(server.endpoint).origin)
    expect((await download(target.upload_id)).statusCode).toBe(409)
    expect((await send(target)).status).toBe(200)
    const redirect = await download(target.upload_id)
    expect(redirect.statusCode).toBe(302)
    const answer = await fetch(redirect.headers.location!)
    expect(answer.headers.get('content-disposition')).toContain('take%201.wav')
    expect(Buffer.compare(new Uint8Array(await answer.arrayBuffer()), content)).toBe(0)
    expect(await fixture.storage.getOwned(user, target.upload_id)).toMatchObject({
      status: 'stored',
      bytes: content.length,
    })
  })

  works('removes what is longer than was announced, although S3 took it', async () => {
    const target = await promise(content.length - 1)
    expect((await send(target)).status).toBe(200)
    expect(await fixture.storage.confirmStored(target.upload_id)).toBe('deleted')
    expect(await objects.stat(`uploads/${target.upload_id}`)).toBeNull()
    expect((await download(target.upload_id)).statusCode).toBe(404)
  })

  works('streams a form to S3, and leaves nothing of one that is too large', async () => {
    const sendForm = (parts: Uint8Array<ArrayBuffer>[]) => {
      const body = new FormData()
      body.append('file', new File(parts, 'x.flac', { type: 'audio/flac' }))
      const headers = { authorization: `Bearer ${user}` }
      return fetch(`${fixture.baseUrl}/api/storage/upload`, { method: 'POST', headers, body })
    }
    const stored = await sendForm([content])
    expect(stored.status).toBe(201)
    const { upload_id: id, sha256 } = await stored.json()
    expect(await objects.stat(`uploads/${id}`)).toMatchObject({ bytes: content.length, sha256 })
    const count = await countObjects()
    expect((await sendForm([content, content])).status).toBe(413)
    expect(await countObjects()).toBe(count)
    expect(await objects.removeLeftovers(new Date(Date.now() + 60_000))).toBe(0)
  })

  works('sweeps orphans', async () => {
    const orphan = `uploads/${newId()}`
    await objects.put(orphan, Buffer.from('x'), { contentType: 'audio/wav' })
    const before = await countObjects()
    const result = await fixture.storage.sweep([], new Date(Date.now() + 25 * 3600 * 1000))
    expect(result).toMatchObject({ orphans: 1, leftovers: 0 })
    expect(await objects.stat(orphan)).toBeNull()
    expect(await countObjects()).toBe(before - 1)
  })

  async function countObjects(): Promise<number> {
    let count = 0
    for await (const item of objects.list('uploads/')) count += item.key.length > 0 ? 1 : 0
    return count
  }
})
