import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node'
import { Link, useLoaderData } from '@remix-run/react'
import type { CapabilityDescription } from '~/api/types'
import { HeroArt } from '~/components/hero-art'
import { plural } from '~/words/format'

export const meta: MetaFunction = () => [
  { title: 'Timbre · clean recordings on your own server' },
  {
    name: 'description',
    content:
      'A self-hosted audio studio: take the noise out of a recording, compare before and after, download.',
  },
]

export async function loader({ context }: LoaderFunctionArgs) {
  return {
    loggedIn: context.principal !== null,
    signupEnabled: context.signupEnabled,
    freeMinutes: context.freeMinutes,
    capabilities: await context.capabilities(),
  }
}

export default function Landing() {
  const { loggedIn, signupEnabled, freeMinutes, capabilities } = useLoaderData<typeof loader>()
  const start = loggedIn
    ? { to: '/studio', label: 'Open the studio' }
    : signupEnabled
      ? { to: '/signup', label: 'Start for free' }
      : { to: '/login', label: 'Log in' }
  return (
    <main id="main" tabIndex={-1} className="page">
      <section className="hero">
        <div className="hero__text">
          <h1>Hear the voice, not the noise.</h1>
          <p className="hero__lead">
            Timbre is an audio studio that runs on your own server. Drop a noisy recording on it, listen to
            before and after at the same instant, and download the result.
          </p>
          <div className="button-row">
            <Link className="button button--primary button--large" to={start.to}>
              {start.label}
            </Link>
            <a className="button button--large" href="/api/docs">
              Use the API
            </a>
          </div>
          {!loggedIn && signupEnabled && freeMinutes > 0 && (
            <p className="field__hint">
              {plural(freeMinutes, 'minute')} of downloads come with every account.
            </p>
          )}
        </div>
        <HeroArt />
      </section>

      <section className="section">
        <h2>How it works</h2>
        <ol className="steps">
          <li>
            <h3>Bring a recording</h3>
            <p>Drop a file, choose one or record in the browser. Stereo and sample rate stay as they are.</p>
          </li>
          <li>
            <h3>Compare for free</h3>
            <p>
              See the progress live, then switch between before and after while it plays, as often as you
              like.
            </p>
          </li>
          <li>
            <h3>Pay in minutes, once</h3>
            <p>
              The first download takes the length of the result from your minutes. Failed and canceled jobs
              cost nothing.
            </p>
          </li>
        </ol>
      </section>

      {capabilities.map((capability) => (
        <Capability key={capability.id} capability={capability} />
      ))}

      <section className="section">
        <h2>Yours to run</h2>
        <p className="section__text">
          The models run on the operator’s own machines, so no recording is sent to an outside service.
          Everything on these pages is also an API. Recordings and results are kept until you delete them.
        </p>
      </section>
    </main>
  )
}

/** What is installed, and how good it was measured to be: the models' own manifests say so. */
function Capability({ capability }: { capability: CapabilityDescription }) {
  const models = capability.models.filter((model) => model.available)
  return (
    <section className="section">
      <h2>{capability.title}</h2>
      <p className="section__text">{capability.summary}</p>
      {models.length > 0 && (
        <div
          className="table-scroll"
          tabIndex={0}
          role="region"
          aria-label={`Models for ${capability.title}`}
        >
          <table className="model-table">
            <thead>
              <tr>
                <th scope="col">Model</th>
                <th scope="col">Measured quality</th>
                <th scope="col">Licence</th>
              </tr>
            </thead>
            <tbody>
              {models.map((model) => (
                <tr key={model.id}>
                  <th scope="row">
                    {model.title}
                    <p className="field__hint">{model.summary}</p>
                  </th>
                  <td data-label="Measured quality">
                    <Quality quality={model.quality} />
                  </td>
                  <td data-label="Licence">{model.licence.spdx}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function Quality({ quality }: { quality: CapabilityDescription['models'][number]['quality'] }) {
  if (quality.length === 0) return <span className="field__hint">Not measured yet</span>
  return (
    <ul>
      {quality.map((entry) => (
        <li key={`${entry.metric} ${entry.test_set}`}>
          <span className="numeric">
            {entry.metric} {typeof entry.baseline === 'number' && <>{entry.baseline} → </>}
            {entry.value}
          </span>
          <p className="field__hint">{entry.test_set}</p>
        </li>
      ))}
    </ul>
  )
}
