import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDictionaryLookup, type DictionaryView } from '../../src/modules/dictionaries'
import { expectStatus, signUp, type ApiClient } from '../support/api-client'
import { startProduct, type TestProduct } from '../support/product'

const timbre = { written: 'Timbre', spoken: 'ˈtæmbɚ', alphabet: 'ipa' }

let product: TestProduct
let user: ApiClient
let other: ApiClient

beforeAll(async () => {
  product = await startProduct({})
  user = await signUp(product)
  other = await signUp(product)
})
afterAll(() => product.stop())

async function make(entries: unknown[] = [timbre], name = 'Names'): Promise<DictionaryView> {
  const answer = await user.request('POST', '/api/dictionaries', { name, entries })
  return (await (await expectStatus(answer, 201)).json()) as DictionaryView
}

const at = (id: string, rest = '') => `/api/dictionaries/${id}${rest}`

describe('dictionaries', () => {
  it('are made, read, listed and deleted by their owner', async () => {
    const made = await make()
    expect(made).toMatchObject({ name: 'Names', version: 1, entry_count: 1, entries: [timbre] })
    const read = await expectStatus(await user.request('GET', at(made.id)), 200)
    expect(read.headers.get('etag')).toBe('"1"')
    expect(await read.json()).toEqual(made)
    const list = await user.get<{ data: DictionaryView[] }>('/api/dictionaries?limit=100')
    const listed = list.data.find(({ id }) => id === made.id)!
    expect(listed).not.toHaveProperty('entries')
    await expectStatus(await user.request('DELETE', at(made.id)), 204)
    await expectStatus(await user.request('GET', at(made.id)), 404)
  })

  it('are nobody else’s', async () => {
    const { id } = await make()
    await expectStatus(await other.request('GET', at(id)), 404)
    await expectStatus(await other.request('PUT', at(id), { version: 1, entries: [] }), 404)
    await expectStatus(await other.request('DELETE', at(id)), 404)
    await expectStatus(await other.request('GET', at(id, '/versions')), 404)
    expect((await other.get<{ data: unknown[] }>('/api/dictionaries')).data).toEqual([])
    await expectStatus(await fetch(`${product.url}/api/dictionaries`), 401)
  })

  it('keep every version', async () => {
    const { id } = await make()
    const entries = [timbre, { written: 'SQL', spoken: 'sequel', alphabet: 'respelling' }]
    const changed = await expectStatus(
      await user.request('PUT', at(id), { name: 'More names', entries }, { 'if-match': '"1"' }),
      200,
    )
    expect(changed.headers.get('etag')).toBe('"2"')
    expect(await changed.json()).toMatchObject({ name: 'More names', version: 2, entry_count: 2 })
    const versions = await user.get<{ data: unknown[] }>(at(id, '/versions'))
    expect(versions.data).toMatchObject([
      { version: 1, name: 'Names', entry_count: 1 },
      { version: 2, name: 'More names', entry_count: 2 },
    ])
    expect(await user.get(at(id, '/versions/1'))).toMatchObject({ entries: [timbre] })
    await expectStatus(await user.request('GET', at(id, '/versions/3')), 404)
  })

  it('are not overwritten by who did not see the last change', async () => {
    const { id } = await make()
    const put = (version: number, written: string) =>
      user.request('PUT', at(id), { version, entries: [{ written, spoken: 'one' }] })
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((written) => put(1, written)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
    const late = await expectStatus(await put(1, 'late'), 409)
    expect(await late.json()).toMatchObject({ detail: expect.stringContaining('version 2') as string })
    await expectStatus(await user.request('PUT', at(id), { entries: [] }), 400)
    await expectStatus(
      await user.request('PUT', at(id), { version: 2, entries: [] }, { 'if-match': '"1"' }),
      400,
    )
  })

  it('name every entry that is not valid', async () => {
    const answer = await user.request('POST', '/api/dictionaries', {
      name: 'Wrong',
      entries: [
        timbre,
        { written: 'x', spoken: 'ˈt∆', alphabet: 'ipa' },
        { written: 'TIMBRE', spoken: 'again' },
        { written: '...', spoken: '...' },
        { written: 'y', spoken: '' },
        { written: 'z', spoken: 'z', alphabet: 'sampa' },
      ],
    })
    const { errors } = (await (await expectStatus(answer, 400)).json()) as {
      errors: { field: string; message: string }[]
    }
    const fields = errors.map(({ field }) => field.replace(/^body\./, ''))
    // Shapes are looked at first; what shape cannot tell comes once they are right.
    expect(fields).toEqual(['entries.4.spoken', 'entries.5.alphabet'])
    const second = await user.request('POST', '/api/dictionaries', {
      name: 'Wrong',
      entries: [
        timbre,
        { written: 'x', spoken: 'ˈt∆', alphabet: 'ipa' },
        { written: 'TIMBRE', spoken: 'again' },
        { written: '...', spoken: '...' },
      ],
    })
    const { errors: deeper } = (await (await expectStatus(second, 400)).json()) as {
      errors: { field: string; message: string }[]
    }
    expect(deeper.map(({ field }) => field.replace(/^body\./, ''))).toEqual([
      'entries.1.spoken',
      'entries.2.written',
      'entries.3.written',
      'entries.3.spoken',
    ])
    expect(deeper[0]!.message).toContain('∆')
  })

  it('hold ten thousand entries and no more', async () => {
    const entries = Array.from({ length: 10_000 }, (_, n) => ({ written: `word${n}`, spoken: `say ${n}` }))
    const made = await make(entries, 'Large')
    expect(made.entry_count).toBe(10_000)
    const more = [...entries, { written: 'one more', spoken: 'one' }]
    await expectStatus(await user.request('POST', '/api/dictionaries', { name: 'x', entries: more }), 400)
  })

  it('are found for jobs by owner and id only', async () => {
    const lookup = createDictionaryLookup(product.container.database)
    const { id } = await make()
    expect(await lookup.resolve(user.userId, id)).toEqual({ version: 1, entries: [timbre] })
    expect(await lookup.resolve(other.userId, id)).toBeNull()
    expect(await lookup.resolve(user.userId, randomUUID())).toBeNull()
    expect(await lookup.resolve(user.userId, 'not an id')).toBeNull()
  })
})
