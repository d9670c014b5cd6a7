import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startStorageApp, type StorageApp } from '../support/storage-app'

const mebibyte = 1024 * 1024
const gibibyte = 1024 * mebibyte
const maxMegabytes = 96

/**
 * A client in a process of its own, so that the memory measured is the server's. It sends zeros until all are sent or
 * the server has answered, and prints the status of the answer and how much it sent.
 */
const clientProgram = `
const http = require('node:http')
const { url, method, headers, head, bytes } = JSON.parse(process.argv[1])
let sent = 0, status = 0
const request = http.request(url, { method, headers }, (response) => {
  status = response.statusCode
  let body = ''
  response.on('data', (chunk) => (body += chunk))
  response.on('end', () => { console.log(JSON.stringify({ status, sent, body, connection: response.headers.connection })); process.exit() })
})
request.on('error', (error) => { if (!status) { console.log(JSON.stringify({ error: error.code, sent })); process.exit() } })
const chunk = Buffer.alloc(1 << 18)
if (head) request.write(head)
const pump = () => {
  while (sent < bytes && !status) {
    sent += chunk.length
    if (!request.write(chunk)) return request.once('drain', pump)
  }
  if (!status) request.end()
}
pump()
`

interface ClientRequest {
  url: string
  method: string
  headers: Record<string, string>
  head?: string
  bytes: number
}

interface ClientReport {
  status?: number
  error?: string
  sent: number
  body?: string
  connection?: string
}

async function runClient(request: ClientRequest): Promise<ClientReport> {
  const child = spawn(process.execPath, ['-e', clientProgram, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(await text(child.stdout)) as ClientReport
}

/** The most that this process, the server, grew while `work` ran. */
async function growth<Value>(work: Promise<Value>): Promise<{ value: Value; mebibytes: number }> {
  const before = process.memoryUsage().rss
  let peak = before
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5)
  try {
    return { value: await work, mebibytes: (peak - before) / mebibyte }
  } finally {
    clearInterval(watch)
  }
}

describe('transfers over real sockets', () => {
  let fixture: StorageApp
  let user: string

  beforeAll(async () => {
    fixture = await startStorageApp({ maxMegabytes })
    // The first upload brings code and buffers into memory that stay.
    user = await fixture.newUser()
    await runClient(await signedPut(32 * mebibyte))
    return () => fixture.close()
  })
  beforeEach(async () => {
    user = await fixture.newUser()
  })

  async function signedPut(
    bytes: number,
    headers: Record<string, string> = {},
  ): Promise<ClientRequest & { id: string }> {
    const { objectId, signed } = await fixture.storage.createUpload(user, {
      filename: 'x.wav',
      contentType: 'audio/wav',
    })
    return { id: objectId, url: signed.url, method: 'PUT', headers: { ...signed.headers, ...headers }, bytes }
  }

  const form = (bytes: number, headers: Record<string, string> = {}): ClientRequest => ({
    url: `${fixture.baseUrl}/api/storage/upload`,
    method: 'POST',
    headers: {
      authorization: `Bearer ${user}`,
      'content-type': 'multipart/form-data; boundary=b',
      ...headers,
    },
    head: '--b\r\ncontent-disposition: form-data; name="file"; filename="x.wav"\r\ncontent-type: audio/wav\r\n\r\n',
    bytes,
  })

  async function nothingRemains(before: string[]): Promise<void> {
    for (let round = 0; round < 40 && fixture.files().length > before.length; round += 1) await sleep(50)
    expect(fixture.files()).toEqual(before)
  }

  it('refuses a 2 GB upload by its announced length, at once', async () => {
    const before = fixture.files()
    const length = { 'content-length': String(2 * gibibyte) }
    for (const request of [await signedPut(2 * gibibyte, length), form(2 * gibibyte, length)]) {
      const { value, mebibytes } = await growth(runClient(request))
      expect(value).toMatchObject({ status: 413, connection: 'close' })
      expect(JSON.parse(value.body!).code).toBe('payload_too_large')
      expect(value.sent).toBeLessThan(2 * gibibyte)
      expect(mebibytes).toBeLessThan(50)
    }
    await nothingRemains(before)
  })

  it('refuses a 2 GB upload of unannounced length while it streams, in flat memory', async () => {
    const before = fixture.files()
    for (const request of [await signedPut(2 * gibibyte), form(2 * gibibyte)]) {
      const { value, mebibytes } = await growth(runClient(request))
      expect(value).toMatchObject({ status: 413, connection: 'close' })
      expect(value.sent).toBeGreaterThan(maxMegabytes * mebibyte - 1)
      expect(value.sent).toBeLessThan(2 * gibibyte)
      expect(mebibytes).toBeLessThan(50)
    }
    await nothingRemains(before)
  })

  it('takes and serves a large file in flat memory', async () => {
    const request = await signedPut(maxMegabytes * mebibyte)
    const upload = await growth(runClient(request))
    expect(upload.value.status).toBe(200)
    expect(upload.mebibytes).toBeLessThan(50)
    const { url } = await fixture.storage.signDownload(user, request.id)
    const curlLike = `require('node:http').get(process.argv[1], (r) => { let n = 0; r.on('data', (c) => (n += c.length)); r.on('end', () => console.log(n)) })`
    const child = spawn(process.execPath, ['-e', curlLike, url], { stdio: ['ignore', 'pipe', 'inherit'] })
    const download = await growth(text(child.stdout))
    expect(Number(download.value)).toBe(maxMegabytes * mebibyte)
    expect(download.mebibytes).toBeLessThan(50)
  })

  async function openUpload(request: ClientRequest): Promise<Socket> {
    const { hostname, port, pathname, search } = new URL(request.url)
    const socket = connect(Number(port), hostname)
    const headers = { host: hostname, 'content-length': String(request.bytes), ...request.headers }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(
      `${request.method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${request.head ?? ''}`,
    )
    return socket
  }

  it('leaves nothing of an upload that breaks off', async () => {
    const before = fixture.files()
    const put = await signedPut(4 * mebibyte)
    for (const request of [put, form(4 * mebibyte)]) {
      const socket = await openUpload(request)
      socket.write(Buffer.alloc(mebibyte))
      for (let round = 0; round < 100 && fixture.files().length === before.length; round += 1) await sleep(20)
      expect(fixture.files().length).toBeGreaterThan(before.length)
      socket.destroy()
      await nothingRemains(before)
    }
    expect(await fixture.storage.confirmStored(put.id)).toBe('pending')
    expect(await fixture.database.storedObject.count({ where: { userId: user } })).toBe(1)
  })

  it('closes the connection after a refused upload and does not take its rest for a request', async () => {
    const { url, headers } = await signedPut(1000)
    const forged = url.replace(/signature=.{8}/, 'signature=AAAAAAAA')
    const smuggled = 'GET /api/storage HTTP/1.1\r\nhost: x\r\n\r\n'
    const socket = await openUpload({ url: forged, method: 'PUT', headers, bytes: 1000, head: smuggled })
    const answer = await text(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    expect(answer).toMatch(/\r\nconnection: close\r\n/i)
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!).code).toBe('signature_invalid')
  })

  it('tells an expired address from a forged one', async () => {
    const { id } = await signedPut(1000)
    const expired = await fixture.objects.signPut(`uploads/${id}`, {
      expiresInSeconds: -1,
      contentType: 'audio/wav',
      maxBytes: 1000,
    })
    const answer = await fetch(expired.url, { method: 'PUT', headers: expired.headers, body: 'x' })
    expect([answer.status, (await answer.json()).code]).toEqual([403, 'signature_expired'])
    const raised = expired.url.replace('max_bytes=1000', 'max_bytes=9999')
    const forged = await fetch(raised, { method: 'PUT', headers: expired.headers, body: 'x' })
    expect([forged.status, (await forged.json()).code]).toEqual([403, 'signature_invalid'])
    expect(forged.headers.get('content-type')).toContain('application/problem+json')
  })

  it('answers HEAD, and refuses a download of damaged content', async () => {
    const content = randomBytes(300_000)
    const { id, url, headers } = await signedPut(content.length)
    expect((await fetch(url, { method: 'PUT', headers, body: new Uint8Array(content) })).status).toBe(200)
    const download = await fixture.storage.signDownload(user, id)
    const head = await fetch(download.url, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '300000', ''])
    expect((await fetch(download.url)).status).toBe(200)

    const folder = path.join(fixture.root, 'objects', 'uploads')
    const name = readdirSync(folder).find((entry) => entry.startsWith(id) && !entry.endsWith('.json'))!
    const position = 123_456
    const byte = readFileSync(path.join(folder, name))[position]!
    writeSync(openSync(path.join(folder, name), 'r+'), Buffer.from([byte ^ 1]), 0, 1, position)
    for (const range of [undefined, 'bytes=0-9']) {
      const refused = await fetch(download.url, { headers: range ? { range } : {} })
      expect([refused.status, (await refused.json()).code]).toEqual([500, 'checksum_mismatch'])
      expect(refused.headers.get('content-disposition')).toBeNull()
    }
  })
})
