import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { environmentSchema, type Environment } from './schema'

/** The validated configuration of a process: the environment with computed defaults filled in. */
export interface Config extends Environment {
  dataDir: string
  publicUrl: string
  workerConcurrency: number
  /** Keys of web push, where the operator brings some. */
  vapidKeys: { publicKey: string; privateKey: string } | undefined
  /** LibreTranslate server, where the operator has one. */
  translationServer: { url: string; apiKey: string | null } | undefined
  /** Folder of the repository or the installed product: holds models, migrations and the built web UI. */
  rootDir: string
  /** The environment as it was found; what child processes inherit from. */
  environment: Readonly<Record<string, string | undefined>>
}

/** Wrong settings, by name and reason; values are never repeated. */
export class ConfigError extends Error {
  constructor(readonly problems: string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
  }
}

/**
 * Reads settings from `environment`, then from a `.env` file in `rootDir` for what is not set.
 * @throws ConfigError that names every wrong setting.
 */
export function loadConfig(
  environment: Record<string, string | undefined> = process.env,
  rootDir: string = process.cwd(),
): Config {
  const envFile = path.join(rootDir, '.env')
  const fromFile: Record<string, string | undefined> = existsSync(envFile)
    ? parseEnv(readFileSync(envFile, 'utf8'))
    : {}
  const merged = Object.fromEntries(
    Object.entries({ ...fromFile, ...environment }).filter(
      ([, value]) => value !== undefined && value !== '',
    ),
  )
  const parsed = environmentSchema.safeParse(merged)
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${describe(issue)}`))
  }
  const settings = parsed.data
  const problems = crossCheck(settings)
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    ...settings,
    dataDir: path.resolve(rootDir, settings.TIMBRE_DATA),
    publicUrl: (settings.PUBLIC_URL ?? `http://localhost:${settings.PORT}`).replace(/\/$/, ''),
    workerConcurrency: settings.WORKER_CONCURRENCY ?? Math.max(1, availableParallelism() - 1),
    translationServer: settings.TRANSLATION_URL
      ? { url: settings.TRANSLATION_URL, apiKey: settings.TRANSLATION_API_KEY ?? null }
      : undefined,
    vapidKeys:
      settings.VAPID_PUBLIC_KEY && settings.VAPID_PRIVATE_KEY
        ? { publicKey: settings.VAPID_PUBLIC_KEY, privateKey: settings.VAPID_PRIVATE_KEY }
        : undefined,
    rootDir,
    environment,
  }
}

function describe(issue: { code: string; message: string }): string {
  // zod's message for a wrong type or option names the expectation, not the value.
  return issue.message.replace(/^Invalid input: /, '')
}

function crossCheck(settings: Environment): string[] {
  const problems: string[] = []
  if (settings.S3_ENDPOINT && !(settings.S3_ACCESS_KEY && settings.S3_SECRET_KEY)) {
    problems.push('S3_ACCESS_KEY, S3_SECRET_KEY: both are needed with S3_ENDPOINT')
  }
  if (settings.DATABASE_URL && !settings.JWT_SECRET) {
    problems.push('JWT_SECRET: needed with DATABASE_URL, so that all processes share it')
  }
  if (settings.STRIPE_SECRET_KEY && !settings.STRIPE_WEBHOOK_SECRET) {
    problems.push('STRIPE_WEBHOOK_SECRET: needed with STRIPE_SECRET_KEY, or no payment would be noticed')
  }
  const razorpay = [settings.RAZORPAY_KEY_ID, settings.RAZORPAY_KEY_SECRET, settings.RAZORPAY_WEBHOOK_SECRET]
  if (razorpay.some(Boolean) && !razorpay.every(Boolean)) {
    problems.push('RAZORPAY_KEY_ID, RAZORPAY_KEY_SECRET, RAZORPAY_WEBHOOK_SECRET: all are needed, or none')
  }
  if (!settings.VAPID_PUBLIC_KEY !== !settings.VAPID_PRIVATE_KEY) {
    problems.push('VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY: set both or neither')
  }
  return problems
}
