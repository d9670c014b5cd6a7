import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { Form, Link, useLoaderData, useRevalidator, useSearchParams } from '@remix-run/react'
import { useEffect, useState } from 'react'
import type { VoiceView } from '~/api/types'
import { changeVoice, deleteVoice } from '~/api/voices'
import { ConfirmDialog } from '~/components/confirm-dialog'
import { Notice } from '~/components/notice'
import { VoiceAdder } from '~/components/voice-adder'
import { VoiceRow } from '~/components/voice-row'
import { requireLogIn } from '~/session'

const pageSize = 20
const refreshMs = 1500

export const meta: MetaFunction = () => [{ title: 'Voices · Timbre' }]

export async function loader({ request, context }: LoaderFunctionArgs) {
  requireLogIn(request, context)
  const query = new URL(request.url).searchParams
  const read = (name: string) => {
    const value = query.get(name)?.trim().slice(0, 100)
    return value === '' ? undefined : value
  }
  const filter = { search: read('search'), tag: read('tag'), startingAfter: read('after') }
  const page = await context.listVoices({ limit: pageSize, ...filter })
  return {
    voices: page.data,
    hasMore: page.has_more,
    search: filter.search ?? '',
    tag: filter.tag ?? null,
    statement: context.consentStatement,
    maxUploadBytes: context.maxUploadBytes,
  }
}

export default function Voices() {
  const { voices, hasMore, search, tag, statement, maxUploadBytes } = useLoaderData<typeof loader>()
  const { revalidate } = useRevalidator()
  const [doomed, setDoomed] = useState<VoiceView | null>(null)
  const [failed, setFailed] = useState(false)
  useFreshWhile(voices.some(({ status }) => status === 'checking'))

  const act = async (action: Promise<void>) => {
    setFailed(false)
    await action.catch(() => {
      setFailed(true)
    })
    revalidate()
  }
  return (
    <main id="main" tabIndex={-1} className="page">
      <div className="page-head">
        <h1>Voices</h1>
      </div>
      <div className="columns voices">
        <section className="stack" aria-label="Voices">
          <Search search={search} tag={tag} tags={[...new Set(voices.flatMap(({ tags }) => tags))].sort()} />
          {failed && (
            <Notice tone="danger" title="That did not work">
              <p>Reload the page and try again.</p>
            </Notice>
          )}
          {voices.length === 0 ? (
            <EmptyLibrary filtered={search !== '' || tag !== null} />
          ) : (
            <ul className="card voice-list" aria-label="Voices, newest first">
              {voices.map((voice) => (
                <VoiceRow
                  key={voice.id}
                  voice={voice}
                  onChange={(changes) => void act(changeVoice(voice.id, changes))}
                  onDelete={() => {
                    setDoomed(voice)
                  }}
                />
              ))}
            </ul>
          )}
          {hasMore && <Older lastId={voices.at(-1)?.id} />}
        </section>
        <section className="card" aria-label="Add a voice">
          <VoiceAdder maxBytes={maxUploadBytes} statement={statement} onAdded={revalidate} />
        </section>
      </div>
      {doomed && (
        <ConfirmDialog
          title={`Delete the voice “${doomed.name}”?`}
          confirm="Delete"
          onClose={() => {
            setDoomed(null)
          }}
          onConfirm={() => {
            setDoomed(null)
            void act(deleteVoice(doomed.id))
          }}
        >
          <p>
            Its sample is removed and cannot be brought back. Jobs that use it are stopped; what was made with
            it before stays.
          </p>
        </ConfirmDialog>
      )}
    </main>
  )
}

/** A plain GET form: the address says what is shown. */
function Search({ search, tag, tags }: { search: string; tag: string | null; tags: string[] }) {
  const shown = tag === null || tags.includes(tag) ? tags : [tag, ...tags]
  return (
    <div className="stack voice-search">
      <Form method="get" className="voice-search__form" role="search">
        <label className="voice-search__field">
          <span className="visually-hidden">Search voices</span>
          <input
            className="input"
            type="search"
            name="search"
            placeholder="Search by name, description or tag"
            defaultValue={search}
          />
        </label>
        <button className="button" type="submit">
          Search
        </button>
      </Form>
      {shown.length > 0 && (
        <ul className="tags" aria-label="Show one tag only">
          {shown.map((name) => (
            <li key={name}>
              <Link
                className={name === tag ? 'tag tag--chosen' : 'tag'}
                aria-current={name === tag || undefined}
                to={name === tag ? '/voices' : `/voices?tag=${encodeURIComponent(name)}`}
              >
                {name}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

function EmptyLibrary({ filtered }: { filtered: boolean }) {
  return (
    <div className="card empty">
      <h2>{filtered ? 'No voice matches' : 'No voices yet'}</h2>
      <p>
        {filtered
          ? 'Search for something else.'
          : 'Add a sample of your own voice, to speak and sing with it later.'}
      </p>
      {filtered && (
        <Link className="button" to="/voices">
          Show all voices
        </Link>
      )}
    </div>
  )
}

function Older({ lastId }: { lastId: string | undefined }) {
  const [query] = useSearchParams()
  const next = new URLSearchParams(query)
  if (lastId) next.set('after', lastId)
  return (
    <nav className="pages" aria-label="Pages">
      <Link className="button button--small" to={`?${next.toString()}`}>
        Older
      </Link>
    </nav>
  )
}

/** Keeps the list up to date while a sample is being checked and somebody looks. */
function useFreshWhile(active: boolean): void {
  const { revalidate } = useRevalidator()
  useEffect(() => {
    if (!active) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') revalidate()
    }, refreshMs)
    return () => {
      clearInterval(timer)
    }
  }, [active, revalidate])
}
