import { z } from 'zod'

const text = z.string().min(1)
const flag = z.enum(['true', 'false']).transform((value) => value === 'true')
const list = text.transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
)
const wholeNumber = (minimum: number, maximum: number) => z.coerce.number().int().min(minimum).max(maximum)

/** A group of the configuration table in the README and `.env.example`. */
export type SettingGroup =
  | 'Server'
  | 'Data'
  | 'Accounts'
  | 'Jobs and models'
  | 'Limits'
  | 'Payments'
  | 'Audio'
  | 'Mail'
  | 'Observability'

export interface Setting {
  group: SettingGroup
  /** One sentence for the operator. */
  description: string
  schema: z.ZodType
  /** What holds when the variable is not set, in words or as a value. */
  fallback: string
}

const define = <T extends Record<string, Setting>>(settings: T): T => settings

/** Every environment variable that the product reads. Nothing set = the embedded role. */
export const settings = define({
  HOST: {
    group: 'Server',
    description: 'Address to listen on.',
    schema: text.default('127.0.0.1'),
    fallback: '127.0.0.1',
  },
  PORT: {
    group: 'Server',
    description: 'Port to listen on; 0 takes a free one.',
    schema: wholeNumber(0, 65535).default(3000),
    fallback: '3000',
  },
  PUBLIC_URL: {
    group: 'Server',
    description: 'Address under which browsers reach the product; used in signed addresses and cookies.',
    schema: z.url().optional(),
    fallback: 'http://localhost:<PORT>',
  },
  TRUST_PROXY: {
    group: 'Server',
    description:
      'Addresses or networks of reverse proxies whose X-Forwarded-* headers are believed, comma separated.',
    schema: list.optional(),
    fallback: 'none',
  },
  SHUTDOWN_SECONDS: {
    group: 'Server',
    description: 'How long a stopping process may finish requests and jobs before it hands them back.',
    schema: wholeNumber(1, 600).default(25),
    fallback: '25',
  },

  TIMBRE_DATA: {
    group: 'Data',
    description: 'Folder for everything the embedded role keeps: database, objects, secrets, pulled models.',
    schema: text.default('.timbre'),
    fallback: '.timbre',
  },
  DATABASE_URL: {
    group: 'Data',
    description: 'PostgreSQL to use instead of the embedded one.',
    schema: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
    fallback: 'embedded PostgreSQL',
  },
  REDIS_URL: {
    group: 'Data',
    description: 'Redis for the queue, events and rate limits.',
    schema: z.url({ protocol: /^rediss?$/ }).optional(),
    fallback: 'PostgreSQL and memory',
  },
  S3_ENDPOINT: {
    group: 'Data',
    description: 'S3 server for objects.',
    schema: z.url({ protocol: /^https?$/ }).optional(),
    fallback: 'a folder on disk',
  },
  S3_PUBLIC_ENDPOINT: {
    group: 'Data',
    description: 'Address of the same S3 server as browsers see it, where that differs.',
    schema: z.url({ protocol: /^https?$/ }).optional(),
    fallback: 'S3_ENDPOINT',
  },
  S3_BUCKET: {
    group: 'Data',
    description: 'Bucket for objects.',
    schema: text.default('timbre'),
    fallback: 'timbre',
  },
  S3_REGION: {
    group: 'Data',
    description: 'Region of the bucket.',
    schema: text.default('us-east-1'),
    fallback: 'us-east-1',
  },
  S3_ACCESS_KEY: {
    group: 'Data',
    description: 'Access key for S3.',
    schema: text.optional(),
    fallback: 'none',
  },
  S3_SECRET_KEY: {
    group: 'Data',
    description: 'Secret key for S3.',
    schema: text.optional(),
    fallback: 'none',
  },

  JWT_SECRET: {
    group: 'Accounts',
    description: 'Secret that signs access tokens and storage addresses, at least 32 characters.',
    schema: z.string().min(32).optional(),
    fallback: 'made at first start and kept in TIMBRE_DATA (embedded role)',
  },
  ADMIN_EMAIL: {
    group: 'Accounts',
    description: 'E-mail address of the first administrator.',
    schema: z.email().default('admin@timbre.invalid'),
    fallback: 'admin@timbre.invalid',
  },
  ADMIN_PASSWORD: {
    group: 'Accounts',
    description: 'Password of the first administrator.',
    schema: z.string().min(8).optional(),
    fallback: 'made at first start and printed once',
  },
  SIGNUP_ENABLED: {
    group: 'Accounts',
    description: 'Whether strangers may register.',
    schema: flag.default(true),
    fallback: 'true',
  },
  SIGNUP_FREE_MINUTES: {
    group: 'Accounts',
    description: 'Minutes that a new account starts with.',
    schema: wholeNumber(0, 100_000).default(10),
    fallback: '10',
  },

  REQUIRE_VERIFIED_EMAIL: {
    group: 'Accounts',
    description:
      'Whether an account must confirm its e-mail address before it gets its free minutes, starts jobs or buys.',
    schema: flag.default(false),
    fallback: 'false',
  },
  ADMIN_MFA_REQUIRED: {
    group: 'Accounts',
    description: 'Whether an administrator without a second factor may do nothing but set one up.',
    schema: flag.default(false),
    fallback: 'false',
  },
  BREACHED_PASSWORDS_URL: {
    group: 'Accounts',
    description:
      'Range API of Have I Been Pwned, or a copy of it, that new passwords are looked up in by the first five digits of their SHA-1, such as https://api.pwnedpasswords.com/range/.',
    schema: z.url({ protocol: /^https?$/ }).optional(),
    fallback: 'the built-in list alone',
  },

  WORKER_CONCURRENCY: {
    group: 'Jobs and models',
    description: 'Jobs that one worker runs at the same time, each in a process of its own.',
    schema: wholeNumber(1, 64).optional(),
    fallback: 'number of cores − 1, at least 1',
  },
  JOB_ATTEMPTS: {
    group: 'Jobs and models',
    description: 'Attempts of a job before an infrastructure error fails it.',
    schema: wholeNumber(1, 20).default(3),
    fallback: '3',
  },
  MODEL_MEMORY_MB: {
    group: 'Jobs and models',
    description: 'Memory that loaded models may take in each job process.',
    schema: wholeNumber(16, 1_000_000).default(2048),
    fallback: '2048',
  },
  TIMBRE_MODEL_MIRROR: {
    group: 'Jobs and models',
    description: 'Folder or HTTP base to fetch published models from instead of their public addresses.',
    schema: text.optional(),
    fallback: 'public addresses',
  },
  NON_COMMERCIAL_MODELS: {
    group: 'Jobs and models',
    description:
      'Whether models are offered whose licence forbids to sell what they make: for operators who sell nothing or hold a licence.',
    schema: flag.default(false),
    fallback: 'false',
  },
  TRANSLATION_URL: {
    group: 'Jobs and models',
    description:
      'LibreTranslate server that translates what is dubbed, for languages that no pulled model knows.',
    schema: z.url({ protocol: /^https?$/ }).optional(),
    fallback: 'pulled models only',
  },
  TRANSLATION_API_KEY: {
    group: 'Jobs and models',
    description: 'Key for the translation server, where it asks for one.',
    schema: text.optional(),
    fallback: 'none',
  },
  EXECUTION_PROVIDERS: {
    group: 'Jobs and models',
    description: 'ONNX execution providers in order of preference: tensorrt, cuda, webgpu, cpu.',
    schema: list.pipe(z.array(z.enum(['tensorrt', 'cuda', 'webgpu', 'cpu'])).min(1)).default(['cpu']),
    fallback: 'cpu',
  },

  WATERMARK: {
    group: 'Jobs and models',
    description:
      'Whether sound that is generated carries an inaudible watermark that names this installation by a number.',
    schema: flag.default(true),
    fallback: 'true',
  },

  UPLOAD_MAX_MB: {
    group: 'Limits',
    description: 'Largest upload in megabytes.',
    schema: wholeNumber(1, 1_000_000).default(1024),
    fallback: '1024',
  },
  AUDIO_MAX_MINUTES: {
    group: 'Limits',
    description: 'Longest audio that is processed, measured on decoded samples.',
    schema: wholeNumber(1, 100_000).default(300),
    fallback: '300',
  },
  RATE_LIMIT_PER_MINUTE: {
    group: 'Limits',
    description: 'API requests per account (or address, when not logged in) and minute.',
    schema: wholeNumber(1, 1_000_000).default(600),
    fallback: '600',
  },
  LOGIN_ATTEMPTS_PER_15_MINUTES: {
    group: 'Limits',
    description: 'Failed log-ins per account and per address in 15 minutes.',
    schema: wholeNumber(1, 100_000).default(10),
    fallback: '10',
  },
  VOICES_PER_ACCOUNT: {
    group: 'Limits',
    description: 'Voices that the library of one account may hold.',
    schema: wholeNumber(0, 100_000).default(50),
    fallback: '50',
  },
  VOICE_MODERATION: {
    group: 'Limits',
    description: 'Whether an administrator must approve a voice before it can be used.',
    schema: flag.default(false),
    fallback: 'false',
  },
  PREVIEW_SECONDS: {
    group: 'Limits',
    description: 'Length of the free preview; 0 = the whole output.',
    schema: wholeNumber(0, 86_400).default(30),
    fallback: '30',
  },

  STRIPE_SECRET_KEY: {
    group: 'Payments',
    description: 'Secret key of the Stripe account; with it Stripe is offered at checkout.',
    schema: text.optional(),
    fallback: 'no Stripe',
  },
  STRIPE_WEBHOOK_SECRET: {
    group: 'Payments',
    description:
      'Signing secret of the Stripe webhook (whsec_…), or several, comma separated, while one is exchanged for another.',
    schema: list.optional(),
    fallback: 'none',
  },
  STRIPE_API_BASE: {
    group: 'Payments',
    description: "Address to reach Stripe's API at, where that is not Stripe's own.",
    schema: z.url({ protocol: /^https?$/ }).optional(),
    fallback: 'https://api.stripe.com',
  },
  RAZORPAY_KEY_ID: {
    group: 'Payments',
    description:
      'Key id of the Razorpay account; with it and its secret Razorpay (UPI) is offered at checkout.',
    schema: text.optional(),
    fallback: 'no Razorpay',
  },
  RAZORPAY_KEY_SECRET: {
    group: 'Payments',
    description: 'Secret of the Razorpay key.',
    schema: text.optional(),
    fallback: 'none',
  },
  RAZORPAY_WEBHOOK_SECRET: {
    group: 'Payments',
    description:
      'Secret of the Razorpay webhook, or several, comma separated, while one is exchanged for another.',
    schema: list.optional(),
    fallback: 'none',
  },
  RAZORPAY_API_BASE: {
    group: 'Payments',
    description: "Address to reach Razorpay's API at, where that is not Razorpay's own.",
    schema: z.url({ protocol: /^https?$/ }).optional(),
    fallback: 'https://api.razorpay.com',
  },

  FFMPEG_PATH: {
    group: 'Audio',
    description: 'ffmpeg to use; ffprobe is looked for beside it.',
    schema: text.optional(),
    fallback: "the system's, then the one from npm",
  },

  SMTP_URL: {
    group: 'Mail',
    description: 'Mail server, such as smtps://user:password@mail.example.org.',
    schema: z.url({ protocol: /^smtps?$/ }).optional(),
    fallback: 'mails are kept for administrators to read at /mailbox',
  },
  MAIL_FROM: {
    group: 'Mail',
    description: 'Sender of mails: an address, or Name <address>.',
    schema: text.default('Timbre <timbre@localhost>'),
    fallback: 'Timbre <timbre@localhost>',
  },
  VAPID_PUBLIC_KEY: {
    group: 'Mail',
    description: 'Public key of web push, 65 bytes in base64url; together with VAPID_PRIVATE_KEY.',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9_-]{87}$/)
      .optional(),
    fallback: 'made from JWT_SECRET',
  },
  VAPID_PRIVATE_KEY: {
    group: 'Mail',
    description: 'Private key of web push, 32 bytes in base64url.',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/)
      .optional(),
    fallback: 'made from JWT_SECRET',
  },
  WEBHOOK_PRIVATE_NETWORKS: {
    group: 'Mail',
    description:
      'Whether webhooks of users may go to private and local networks and without TLS: only where all users are trusted.',
    schema: flag.default(false),
    fallback: 'false',
  },

  SELLER_NAME: {
    group: 'Payments',
    description: 'Who sells, as receipts name it.',
    schema: text.default('Timbre'),
    fallback: 'Timbre',
  },
  SELLER_ADDRESS: {
    group: 'Payments',
    description: 'Address of the seller on receipts; lines are separated by |.',
    schema: text.optional(),
    fallback: 'none',
  },
  SELLER_TAX_ID: {
    group: 'Payments',
    description: 'Tax number of the seller on receipts, such as a VAT id or GSTIN.',
    schema: text.optional(),
    fallback: 'none',
  },
  TAX_NAME: {
    group: 'Payments',
    description: 'What the tax on sales is called, such as VAT or GST.',
    schema: text.default('Tax'),
    fallback: 'Tax',
  },
  TAX_PERCENT: {
    group: 'Payments',
    description: 'Rate of the tax on sales, in per cent with at most two decimals.',
    schema: z.coerce.number().min(0).max(100).multipleOf(0.01).default(0),
    fallback: '0',
  },
  TAX_INCLUSIVE: {
    group: 'Payments',
    description: 'Whether prices of plans contain the tax; otherwise it is added to them.',
    schema: flag.default(true),
    fallback: 'true',
  },
  LOW_MINUTES: {
    group: 'Payments',
    description: 'A download that leaves fewer minutes than this is followed by a notice; 0 = none.',
    schema: wholeNumber(0, 100_000).default(5),
    fallback: '5',
  },
  EXPIRY_NOTICE_DAYS: {
    group: 'Payments',
    description: 'How many days before they expire owners of minutes are told.',
    schema: wholeNumber(1, 365).default(7),
    fallback: '7',
  },

  LOG_LEVEL: {
    group: 'Observability',
    description: 'trace, debug, info, warn, error or silent.',
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
    fallback: 'info',
  },
  WORKER_PORT: {
    group: 'Observability',
    description: 'Port on which a worker answers /healthz and /metrics.',
    schema: wholeNumber(1, 65535).optional(),
    fallback: 'none',
  },
  METRICS_TOKEN: {
    group: 'Observability',
    description: 'Bearer token that /metrics asks for; without it /metrics answers this machine only.',
    schema: text.optional(),
    fallback: 'none',
  },
})

const shape = Object.fromEntries(
  Object.entries(settings).map(([name, setting]) => [name, setting.schema]),
) as { [Name in keyof typeof settings]: (typeof settings)[Name]['schema'] }

export const environmentSchema = z.object(shape)
export type Environment = z.output<typeof environmentSchema>
