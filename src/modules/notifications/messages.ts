import { topicOf } from './topics'
import type { Notification, NotificationEvent } from './notifier'

/** What an event says to its reader; every channel shows the same. */
export interface Message {
  title: string
  /** Paragraphs of plain text. */
  lines: string[]
  /** Where to go from here: a path of this site, or (in mails with a secret) a whole address. */
  action: { label: string; href: string } | null
}

type Data = Notification['data']
type Template = (data: Data) => Message

const text = (data: Data, name: string): string | null => {
  const value = data[name]
  return value === null || value === undefined || value === '' ? null : String(value)
}

/** A sentence with a value of the data, or nothing where it is not given. */
const sentence = (data: Data, name: string, say: (value: string) => string): string[] => {
  const value = text(data, name)
  return value === null ? [] : [say(value)]
}

const action = (data: Data, label: string, path: string | null = null): Message['action'] => {
  const href = text(data, 'link') ?? path
  return href === null ? null : { label, href }
}

/** `text-to-speech` as people say it. */
const capabilityName = (data: Data): string => (text(data, 'capability') ?? 'audio').replaceAll('-', ' ')

const jobPath = (data: Data): string | null => {
  const id = text(data, 'job_id')
  return id === null ? null : `/jobs/${encodeURIComponent(id)}`
}

const validUntil = (data: Data) =>
  sentence(data, 'expires_minutes', (minutes) => `The link works once, for ${minutes} minutes.`)

const ignore = 'If this was not you, you need not do anything.'

/**
 * The words of every event, and by this what its data may hold. `link` (a whole address) goes before the page that an
 * event leads to by itself.
 */
const templates: Record<NotificationEvent, Template> = {
  'account.verify_email': (data) => ({
    title: 'Confirm your e-mail address',
    lines: ['Confirm that this address is yours.', ...validUntil(data), ignore],
    action: action(data, 'Confirm the address'),
  }),
  'account.password_reset': (data) => ({
    title: 'Choose a new password',
    lines: [
      'Somebody asked for a new password for your account.',
      ...validUntil(data),
      'If this was not you, your password stays as it is.',
    ],
    action: action(data, 'Choose a new password'),
  }),
  'account.email_change': (data) => ({
    title: 'Confirm your new e-mail address',
    lines: [
      ...sentence(data, 'new_email', (address) => `Your account is to be reached at ${address} from now on.`),
      ...validUntil(data),
      ignore,
    ],
    action: action(data, 'Confirm the new address'),
  }),
  'account.security': (data) => ({
    title: text(data, 'title') ?? 'Your account was changed',
    lines: [
      text(data, 'message') ?? 'Something about the security of your account was changed.',
      ...sentence(data, 'ip_address', (address) => `The request came from ${address}.`),
      'If this was not you, change your password at once and end all sessions.',
    ],
    action: action(data, 'Look at your account', '/account'),
  }),
  'account.deletion': (data) => ({
    title: text(data, 'title') ?? 'Your account will be deleted',
    lines: [
      ...sentence(data, 'message', (message) => message),
      ...sentence(data, 'delete_at', (day) => `Your account and everything in it will be gone on ${day}.`),
      'Log in before then to keep it.',
    ],
    action: action(data, 'Keep the account', '/login'),
  }),
  'job.completed': (data) => ({
    title: `Your ${capabilityName(data)} is ready`,
    lines: [
      ...sentence(data, 'filename', (name) => `Made from ${name}.`),
      'Listen to it before you download it.',
    ],
    action: action(data, 'Open the result', jobPath(data)),
  }),
  'job.failed': (data) => ({
    title: `Your ${capabilityName(data)} did not work out`,
    lines: [
      ...sentence(data, 'filename', (name) => `It was to be made from ${name}.`),
      ...sentence(data, 'reason', (reason) => reason),
      'A job that fails costs nothing.',
    ],
    action: action(data, 'See what happened', jobPath(data)),
  }),
  'payment.succeeded': (data) => ({
    title: 'Thank you for your payment',
    lines: [
      ...sentence(data, 'amount', (amount) => `We received ${amount}.`),
      ...sentence(data, 'minutes', (minutes) => `${minutes} minutes were added to your account.`),
    ],
    action: action(data, 'See receipt and balance', '/billing'),
  }),
  'payment.failed': (data) => ({
    title: 'Your payment did not go through',
    lines: [
      ...sentence(data, 'amount', (amount) => `${amount} could not be collected.`),
      ...sentence(data, 'reason', (reason) => reason),
      'Nothing was charged. You can try again, also with another card.',
    ],
    action: action(data, 'Try again', '/plans'),
  }),
  'payment.refunded': (data) => ({
    title: 'Your payment was refunded',
    lines: [
      ...sentence(data, 'amount', (amount) => `${amount} goes back to you.`),
      ...sentence(data, 'minutes', (minutes) => `${minutes} minutes were taken back from your account.`),
    ],
    action: action(data, 'See your balance', '/billing'),
  }),
  'payment.disputed': (data) => ({
    title: text(data, 'message') === null ? 'Your payment is disputed' : 'News of your disputed payment',
    lines: [
      ...sentence(data, 'amount', (amount) => `Your bank asked for ${amount} back.`),
      ...sentence(data, 'message', (message) => message),
      ...sentence(data, 'minutes', (minutes) => `${minutes} minutes are taken back until that is settled.`),
    ],
    action: action(data, 'See your balance', '/billing'),
  }),
  'subscription.renewed': (data) => ({
    title: 'Your subscription was renewed',
    lines: [
      ...sentence(data, 'plan', (plan) => `${plan} goes on.`),
      ...sentence(data, 'amount', (amount) => `We received ${amount}.`),
      ...sentence(data, 'minutes', (minutes) => `${minutes} minutes were added to your account.`),
    ],
    action: action(data, 'See receipt and balance', '/billing'),
  }),
  'subscription.canceled': (data) => ({
    title: 'Your subscription has ended',
    lines: [
      ...sentence(data, 'plan', (plan) => `${plan} is not renewed any more.`),
      'The minutes that you have stay yours as long as they are valid.',
    ],
    action: action(data, 'See plans', '/plans'),
  }),
  'minutes.low': (data) => ({
    title: 'Few minutes are left',
    lines: [...sentence(data, 'minutes', (minutes) => `${minutes} minutes of downloads are left.`)],
    action: action(data, 'Get more minutes', '/plans'),
  }),
  'minutes.expiring': (data) => ({
    title: 'Some of your minutes expire soon',
    lines: [
      ...sentence(data, 'minutes', (minutes) => `${minutes} minutes expire.`),
      ...sentence(data, 'expires_at', (day) => `Use them before ${day}.`),
    ],
    action: action(data, 'See your balance', '/billing'),
  }),
  'voice.approved': (data) => ({
    title: 'Your voice can be used',
    lines: [...sentence(data, 'name', (name) => `“${name}” was approved.`)],
    action: action(data, 'Open your voices', '/voices'),
  }),
  'voice.rejected': (data) => ({
    title: 'Your voice was not accepted',
    lines: [
      ...sentence(data, 'name', (name) => `“${name}” was not approved.`),
      ...sentence(data, 'reason', (reason) => reason),
    ],
    action: action(data, 'Open your voices', '/voices'),
  }),
}

/** @throws where an event is unknown: a row of a newer version. */
export function messageOf(event: NotificationEvent, data: Data): Message {
  return templates[event](data)
}

/** Why somebody gets it, for the foot of a mail. */
export function footerOf(event: NotificationEvent): string {
  return topicOf(event) === 'account'
    ? 'This mail belongs to your account and cannot be switched off.'
    : 'You can choose what you are told, and how, on the notifications page.'
}
