/** An error as a person should read it: what happened, and what to do now. */
export interface Explanation {
  title: string
  advice: string
}

/** What the product's stable codes mean to somebody in front of the page. */
const explanations: Record<string, Explanation> = {
  invalid_media: {
    title: 'This file could not be read as audio',
    advice:
      'It may be damaged, empty, or not a recording at all. Play it on your computer to check, then try another file.',
  },
  unsupported_media: {
    title: 'This kind of file is not supported',
    advice: 'Export it as WAV, MP3, FLAC, OGG, M4A or MP4 and try again.',
  },
  unsupported_media_type: {
    title: 'This kind of file is not supported',
    advice: 'Export it as WAV, MP3, FLAC, OGG or M4A and try again.',
  },
  media_too_long: {
    title: 'The recording is too long',
    advice: 'Cut it into shorter parts and process them one by one.',
  },
  payload_too_large: {
    title: 'The file is too large',
    advice: 'Save it in a compressed format such as FLAC or MP3, or cut it into shorter parts.',
  },
  insufficient_minutes: {
    title: 'Not enough minutes to download this',
    advice: 'The preview stays free. Plans with more minutes are listed under “Plans”.',
  },
  licence_forbids_sale: {
    title: 'This model’s results may not be sold',
    advice: 'Its licence forbids it, so there is no download. The preview stays free; another model may do.',
  },
  payments_off: {
    title: 'Payments are off here',
    advice: 'The operator of this studio has set up no way to pay. Ask there for minutes.',
  },
  not_downloaded: {
    title: 'Download the transcript first',
    advice: 'The first download pays for it; from then on you can correct and align it.',
  },
  conflict: {
    title: 'Somebody else was faster',
    advice: 'Reload the page to see what changed, then try again.',
  },
  validation_failed: {
    title: 'Some settings are not valid',
    advice: 'Look at the marked fields above.',
  },
  invalid_parameter: {
    title: 'These settings do not fit',
    advice: 'Change them and start again.',
  },
  text_too_long: { title: 'The text is too long', advice: 'Shorten it and try again.' },
  job_not_completed: { title: 'This is not finished yet', advice: 'Wait until it is, then try again.' },
  canceled: { title: 'Canceled', advice: 'Nothing was charged.' },
  upload_expired: {
    title: 'The upload did not arrive in time',
    advice: 'Choose the file again; a stable connection helps.',
  },
  upload_incomplete: {
    title: 'The upload is not complete',
    advice: 'Choose the file again to send it once more.',
  },
  gone: { title: 'This is no longer kept', advice: 'Upload the recording again to process it.' },
  voice_withdrawn: {
    title: 'The voice was withdrawn',
    advice: 'Nothing was charged. Choose another voice and start again.',
  },
  not_found: {
    title: 'This is no longer here',
    advice: 'It may have been deleted. Your history lists what there is.',
  },
  deadline_exceeded: {
    title: 'Processing took too long and was stopped',
    advice: 'Nothing was charged. Try a shorter recording, or try again later.',
  },
  engine_failed: {
    title: 'The model could not process this recording',
    advice: 'Nothing was charged. Try other settings or another model.',
  },
  runner_crashed: {
    title: 'The audio process stopped unexpectedly',
    advice: 'Nothing was charged. Try again; if it happens twice, the recording may be the reason.',
  },
  model_file_missing: {
    title: 'A model that this needs is not installed',
    advice: 'Choose another model, or ask the operator to install it.',
  },
  model_corrupt: {
    title: 'This model is damaged',
    advice: 'Choose another model, and tell the operator of this studio.',
  },
  model_not_found: { title: 'This model is not available', advice: 'Choose another model.' },
  disk_full: {
    title: 'The studio has run out of space',
    advice: 'Tell the operator of this studio, and try later.',
  },
  rate_limited: { title: 'Too many requests', advice: 'Wait a minute, then try again.' },
  not_authenticated: { title: 'You are logged out', advice: 'Log in again to go on.' },
  token_expired: { title: 'You are logged out', advice: 'Log in again to go on.' },
  invalid_credentials: {
    title: 'That did not match',
    advice: 'Check the user name or e-mail address and the password.',
  },
  mfa_code_invalid: {
    title: 'This code did not match',
    advice: 'Each code works once. Wait for the next one, and check the clock of your device.',
  },
  mfa_setup_required: {
    title: 'Set up a second factor first',
    advice: 'Administrators of this studio need one. The security page shows how.',
  },
  email_not_verified: {
    title: 'Confirm your e-mail address first',
    advice: 'Use the link that was sent to you, or ask for another one on the security page.',
  },
  link_invalid: {
    title: 'This link is not valid any more',
    advice: 'It was used before, has expired, or is not complete. Ask for another one.',
  },
  token_invalid: { title: 'This took too long', advice: 'Log in again to go on.' },
  account_suspended: { title: 'This account is suspended', advice: 'Ask the operator of this studio.' },
  username_taken: { title: 'This user name is taken', advice: 'Choose another one.' },
  email_taken: { title: 'This e-mail address has an account already', advice: 'Log in instead.' },
  csrf_failed: { title: 'The form did not come from this site', advice: 'Reload the page and try again.' },
  unavailable: { title: 'The studio is busy or restarting', advice: 'Try again in a moment.' },
  internal: {
    title: 'Something went wrong on our side',
    advice: 'Nothing was charged. Try again in a moment.',
  },
  network: { title: 'The studio could not be reached', advice: 'Check your connection and try again.' },
}

/** Their own sentence says more than ours could: what exactly is wrong, and what would be right. */
const codesThatExplainThemselves = new Set([
  'conflict',
  'model_file_missing',
  'invalid_parameter',
  'invalid_media',
  'unsupported_media',
  'media_too_long',
  'text_too_long',
  'payload_too_large',
])

/**
 * Puts an error into words.
 *
 * @param message the product's own sentence; it stands for codes whose reason differs from case to case.
 */
export function explain(code: string, message?: string): Explanation {
  const known = explanations[code]
  if (!known) return { title: message ?? 'Something went wrong', advice: 'Try again in a moment.' }
  const ownWords = codesThatExplainThemselves.has(code) && message && message !== known.title
  return ownWords ? { title: known.title, advice: withFullStop(message) } : known
}

function withFullStop(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`
}
