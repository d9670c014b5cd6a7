import { AppError } from '../../platform/errors'
import type { Grant } from '../../platform/http'
import type { ObjectStore } from '../../platform/objects'
import type { BillingModule, Debit } from '../billing'
import type { ModelsModule } from '../models'
import type { TranscriptSource } from '../transcripts'
import type { JobResult } from './job-result'
import { downloadName, type ViewableJob } from './job-view'
import type { ConvertedOutput, OutputConverter } from './output-converter'
import { outputFormOf, type OutputForm } from './output-form'
import type { DownloadQuery } from './schemas'

/** What API keys may spend of their account's minutes. */
export interface GrantSpending {
  /**
   * Takes seconds from what a key may spend in this month.
   * @returns what gives them back.
   * @throws AppError `key_limit_reached`.
   */
  reserve(grant: Grant, seconds: number): Promise<() => Promise<void>>
}

export interface CompletedJob {
  job: ViewableJob
  result: JobResult
  source: TranscriptSource
}

export interface DownloadsOptions {
  models: ModelsModule
  billing: BillingModule
  objects: ObjectStore
  converter: OutputConverter
  spending: GrantSpending
  /** @throws AppError `not_found`, `job_not_completed`. */
  completed(userId: string, jobId: string): Promise<CompletedJob>
  /** Tells that a job looks different now. */
  announce(jobId: string): Promise<void>
}

const downloadUrlSeconds = 900

/** Outputs handed out, and paid for at the first time. */
export function createDownloads(options: DownloadsOptions) {
  const { models, billing, objects, converter, spending, completed, announce } = options

  /**
   * Every model that had a part in an output must allow its sale. What was paid for stays its buyer's.
   * @throws AppError `licence_forbids_sale`.
   */
  async function assertSellable({ id, modelId }: ViewableJob, result: JobResult): Promise<void> {
    for (const model of new Set([modelId, ...result.models])) {
      const reason = models.saleRefusal(model)
      if (reason === null || (await billing.isPaid(id))) continue
      throw new AppError('licence_forbids_sale', {
        message: `${reason} The preview stays free.`,
        details: { model_name: model },
      })
    }
  }

  /** Pays for an output, once; what a key spends counts against its own limit as well. */
  async function payFor(
    userId: string,
    jobId: string,
    seconds: number,
    grant: Grant | undefined,
  ): Promise<Debit> {
    const needsLeave = grant !== undefined && !(await billing.isPaid(jobId))
    const giveBack = needsLeave ? await spending.reserve(grant, seconds) : undefined
    const debit = await billing.debitDownload({ userId, jobId, seconds }).catch(async (error: unknown) => {
      await giveBack?.()
      throw error
    })
    if (debit.charged) await announce(jobId)
    else await giveBack?.()
    return debit
  }

  /** Pays as the first download would. @throws as `deliver`. */
  async function payDownload(
    userId: string,
    jobId: string,
    grant?: Grant,
  ): Promise<Debit & { costSeconds: number }> {
    const { job, result } = await completed(userId, jobId)
    await assertSellable(job, result)
    await assertIntact(result.outputKey)
    const debit = await payFor(userId, jobId, result.costSeconds, grant)
    return { ...debit, costSeconds: result.costSeconds }
  }

  /** Nobody pays for what is damaged. @throws AppError `checksum_mismatch`, where the store can tell. */
  async function assertIntact(key: string): Promise<void> {
    const content = await objects.read(key)
    content.destroy()
  }

  /**
   * The output in some form, paid for. Converts first and charges then, so that nobody pays for what cannot be had.
   * @throws AppError `job_not_completed`, `licence_forbids_sale`, `insufficient_minutes`, `key_limit_reached`,
   * `invalid_parameter`, `checksum_mismatch`.
   */
  async function deliver(
    userId: string,
    jobId: string,
    form: OutputForm,
    grant?: Grant,
  ): Promise<{ job: ViewableJob; result: JobResult; file: ConvertedOutput }> {
    const { job, result, source } = await completed(userId, jobId)
    await assertSellable(job, result)
    const title = job.inputObject?.filename ?? 'Transcript'
    const file = await converter.inFormat({ source, result, title, ...form })
    await assertIntact(file.key)
    await payFor(userId, jobId, result.costSeconds, grant)
    return { job, result, file }
  }

  /** A signed address of the output, paid for. @throws as `deliver`. */
  async function download(
    userId: string,
    jobId: string,
    query: DownloadQuery,
    grant?: Grant,
  ): Promise<{ url: string }> {
    const { job, file } = await deliver(userId, jobId, outputFormOf(query), grant)
    const signed = await objects.signGet(file.key, {
      expiresInSeconds: downloadUrlSeconds,
      filename: downloadName(job, file.extension),
      contentType: file.contentType,
    })
    return { url: signed.url }
  }

  return { deliver, download, payDownload }
}
