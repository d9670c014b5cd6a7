import type { AcceptedJob, JobView } from '../../src/modules/jobs'
import type { TestProduct } from './product'

export type ApiClient = Awaited<ReturnType<typeof signUp>>

let accounts = 0

/** A new account, and the requests that its owner makes. */
export async function signUp({ url }: Pick<TestProduct, 'url'>) {
  accounts += 1
  const username = `tester-${process.pid}-${accounts}`
  const credentials = { username, email: `${username}@example.org`, password: 'correct horse battery' }
  await expectStatus(await post(`${url}/api/users/register`, credentials), 201)
  const login = await post(`${url}/api/users/login`, { identifier: username, password: credentials.password })
  const { access_token: token, user } = (await (await expectStatus(login, 200)).json()) as {
    access_token: string
    user: { id: string }
  }
  const authorization = `Bearer ${token}`

  async function request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    return fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  }

  async function get<Answer>(path: string): Promise<Answer> {
    return (await (await expectStatus(await request('GET', path), 200)).json()) as Answer
  }

  return {
    token,
    userId: user.id,
    credentials,
    request,
    get,
    /** Sends a recording with the fields of a job as one form. */
    async process(file: Buffer, filename: string, fields: Record<string, string> = {}): Promise<Response> {
      const form = new FormData()
      for (const [name, value] of Object.entries({ capability: 'noise-removal', ...fields }))
        form.set(name, value)
      form.set('file', new Blob([new Uint8Array(file)], { type: 'audio/wav' }), filename)
      return fetch(`${url}/api/audio/process-audio`, {
        method: 'POST',
        headers: { authorization },
        body: form,
      })
    },
    /** As `process`, and the job that was accepted. */
    async start(file: Buffer, fields: Record<string, string> = {}): Promise<AcceptedJob> {
      const answer = await this.process(file, 'recording.wav', fields)
      return (await (await expectStatus(answer, 202)).json()) as AcceptedJob
    },
    job: (jobId: string) => get<JobView>(`/api/audio/job-status/${jobId}`),
    /** Polls until the job is finished. */
    async finished(jobId: string, timeoutMs = 60_000): Promise<JobView> {
      return this.until(jobId, (job) => ['completed', 'failed', 'canceled'].includes(job.status), timeoutMs)
    },
    async until(jobId: string, reached: (job: JobView) => boolean, timeoutMs = 60_000): Promise<JobView> {
      const giveUpAt = Date.now() + timeoutMs
      for (;;) {
        const job = await this.job(jobId)
        if (reached(job)) return job
        if (Date.now() > giveUpAt) throw new Error(`the job is still ${job.status}, ${job.progress.stage}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    balance: async () =>
      (await get<{ seconds_remaining: number }>('/api/users/account-status')).seconds_remaining,
  }
}

function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

export async function expectStatus(response: Response, status: number): Promise<Response> {
  if (response.status === status) return response
  throw new Error(
    `${response.url} answered ${response.status} instead of ${status}: ${await response.text()}`,
  )
}
