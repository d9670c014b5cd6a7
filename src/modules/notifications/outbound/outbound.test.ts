import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AddressRefused, createOutbound } from '.'

let server: Server
let port: number
let connections = 0
const paths: string[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    paths.push(request.url ?? '')
    if (request.url === '/redirect') response.writeHead(302, { location: '/secret' }).end()
    else if (request.url === '/endless') {
      response.writeHead(200)
      const flood = () => {
        while (response.write('x'.repeat(65_536)));
      }
      response.on('drain', flood)
      flood()
    } else if (request.url === '/silent') return
    else response.writeHead(200).end('fine')
  })
  server.on('connection', () => (connections += 1))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  connections = 0
  paths.length = 0
})

const post = (outbound: ReturnType<typeof createOutbound>, url: string) =>
  outbound.post({ url, headers: {}, body: '{}' })

describe('sending to strangers', () => {
  it.each([
    ...[
      '127.0.0.1',
      '169.254.169.254',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '0x7f.1',
      '2130706433',
      '0',
      '017700000001',
    ],
    ...['localhost', '10.0.0.8', '100.64.0.1', '[fe80::1]', '[64:ff9b::7f00:1]'],
  ])('makes no connection to %s', async (host) => {
    const outbound = createOutbound({ privateNetworks: false })
    await expect(post(outbound, `https://${host}:${port}/`)).rejects.toThrow(AddressRefused)
    expect(connections).toBe(0)
  })

  it('makes no connection where any address of a name is private', async () => {
    const outbound = createOutbound({
      privateNetworks: false,
      resolve: async () => [
        { address: '93.184.216.34', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
    })
    await expect(post(outbound, `https://mixed.example:${port}/`)).rejects.toThrow(AddressRefused)
    expect(connections).toBe(0)
  })

  it('asks once for the address of a name: the one that was checked is the one it connects to', async () => {
    let asked = 0
    // Were it asked again, the name would lead to where nobody listens.
    const outbound = createOutbound({
      privateNetworks: true,
      resolve: async () => [{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.99', family: 4 }],
    })
    expect(await post(outbound, `http://rebinding.example:${port}/`)).toMatchObject({ status: 200 })
    expect(asked).toBe(1)
    await expect(post(outbound, `http://rebinding.example:${port}/`)).rejects.toThrow('ECONNREFUSED')
    expect(asked).toBe(2)
  })

  it.each([
    'http://example.org/',
    'ftp://example.org/',
    'https://user:secret@example.org/',
    'example.org',
    '',
  ])('refuses %s as it is entered', (url) => {
    expect(createOutbound({ privateNetworks: false }).problemOf(url)).not.toBeNull()
  })

  const local = createOutbound({ privateNetworks: true })

  it('reaches private networks where the operator allows it', async () => {
    expect(await post(local, `http://127.0.0.1:${port}/`)).toEqual({ status: 200, excerpt: 'fine' })
    expect(await post(local, `http://localhost:${port}/`)).toMatchObject({ status: 200 })
  })

  it('does not follow redirects', async () => {
    expect(await post(local, `http://127.0.0.1:${port}/redirect`)).toMatchObject({ status: 302 })
    expect(paths).toEqual(['/redirect'])
  })

  it('reads the beginning of an endless answer only, and waits for a silent one no longer than told', async () => {
    const { excerpt } = await post(local, `http://127.0.0.1:${port}/endless`)
    expect(excerpt).toBe('x'.repeat(500))
    const impatient = createOutbound({ privateNetworks: true, timeoutMs: 300 })
    await expect(post(impatient, `http://127.0.0.1:${port}/silent`)).rejects.toThrow(
      'No answer within 0.3 seconds',
    )
  })
})
