import { lookup as systemLookup } from 'node:dns/promises'
import http from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './public-address'

/** The address is not one that we may connect to. */
export class AddressRefused extends Error {}

export interface OutboundRequest {
  url: string
  headers: Record<string, string>
  body: string | Buffer
}

export interface OutboundAnswer {
  status: number
  /** The beginning of the body. */
  excerpt: string
}

/** Asks DNS for all addresses of a name. */
export type ResolveName = (name: string) => Promise<{ address: string; family: number }[]>

export interface OutboundOptions {
  /** Whether private and local networks may be reached, and without TLS: for receivers on the operator's own network. */
  privateNetworks: boolean
  /** Default: the system's resolver. */
  resolve?: ResolveName
  timeoutMs?: number
}

export interface Outbound {
  /** What is wrong with an address that somebody entered, in words for them; null where it may be tried. */
  problemOf(url: string): string | null
  /** POSTs. Redirects are answers, not followed. @throws AddressRefused, or why the receiver could not be reached. */
  post(request: OutboundRequest): Promise<OutboundAnswer>
}

const defaultTimeoutMs = 15_000
const excerptBytes = 500
const refusal = 'Addresses of private and local networks are not allowed.'

/**
 * Sends to addresses that users entered. The connection is made to the very address that was checked after DNS
 * resolution: a name that resolves otherwise a moment later (DNS rebinding) changes nothing.
 */
export function createOutbound(options: OutboundOptions): Outbound {
  const { privateNetworks, timeoutMs = defaultTimeoutMs } = options
  const resolve = options.resolve ?? ((name) => systemLookup(name, { all: true, verbatim: true }))

  const lookup: LookupFunction = (hostname, { all }, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses
        // One bad address is enough: names that mix public and private ones mean no good.
        if (!first || (!privateNetworks && !addresses.every(({ address }) => isPublicAddress(address)))) {
          callback(new AddressRefused(refusal), '')
        } else if (all) callback(null, addresses)
        else callback(null, first.address, first.family)
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, ''),
    )
  }

  function problemOf(text: string): string | null {
    if (!URL.canParse(text)) return 'Must be a web address'
    const { protocol, hostname, username, password } = new URL(text)
    if (protocol !== 'https:' && !(protocol === 'http:' && privateNetworks)) return 'Must begin with https://'
    if (username || password) return 'Must not hold a user name or password'
    const literal = hostname.replace(/^\[|\]$/g, '')
    // No name is looked up for these, so that nothing else would stop them.
    if (isIP(literal) !== 0 && !privateNetworks && !isPublicAddress(literal)) return refusal
    return null
  }

  return {
    problemOf,
    async post({ url, headers, body }) {
      const problem = problemOf(url)
      if (problem) throw new AddressRefused(problem)
      const { request } = url.startsWith('https:') ? https : http
      return new Promise<OutboundAnswer>((fulfil, reject) => {
        const outgoing = request(
          url,
          {
            ...{ method: 'POST', lookup, agent: false, signal: AbortSignal.timeout(timeoutMs) },
            headers: {
              'user-agent': 'Timbre',
              ...headers,
              'content-length': String(Buffer.byteLength(body)),
            },
          },
          (answer) => {
            const chunks: Buffer[] = []
            let bytes = 0
            const finish = () => {
              answer.destroy()
              const text = Buffer.concat(chunks).subarray(0, excerptBytes).toString('utf8')
              fulfil({ status: answer.statusCode ?? 0, excerpt: text })
            }
            answer.on('data', (chunk: Buffer) => {
              chunks.push(chunk)
              bytes += chunk.length
              if (bytes >= excerptBytes) finish()
            })
            answer.on('end', finish)
            answer.on('error', reject)
          },
        )
        outgoing.on('error', (error) =>
          reject(
            error.name === 'AbortError' || error.name === 'TimeoutError'
              ? new Error(`No answer within ${timeoutMs / 1000} seconds.`, { cause: error })
              : error,
          ),
        )
        outgoing.end(body)
      })
    },
  }
}
