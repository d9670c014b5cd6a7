const areas: Record<string, { read: string; write: string }> = {
  jobs: { read: 'See your jobs and their results', write: 'Download, cancel and delete your jobs' },
  voices: { read: 'See your voices', write: 'Add, change and delete your voices' },
  dictionaries: { read: 'See your dictionaries', write: 'Add, change and delete your dictionaries' },
  storage: { read: 'Fetch your uploads', write: 'Upload and delete files' },
  payment: { read: 'See your payments and minutes', write: 'Spend minutes on downloads' },
  account: { read: 'See your account', write: 'Change your account' },
}

/** The two lists that a person chooses from: which jobs, and what else. */
export function groupScopes(scopes: readonly string[]): { jobs: string[]; rest: string[] } {
  const single = scopes.filter((scope) => scope !== '*' && !scope.endsWith(':*'))
  const ofArea = (scope: string) => (scope.split(':')[0] ?? '') in areas
  return { jobs: single.filter((scope) => !ofArea(scope)), rest: single.filter(ofArea) }
}

/** What a scope allows, in a sentence without its end. */
export function explainScope(scope: string): string {
  if (scope === '*') return 'Everything that keys can do, and spend your minutes'
  const [area = '', right] = scope.split(':')
  const known = areas[area]
  if (!known) return `Start jobs: ${area.replaceAll('-', ' ')}`
  if (right === 'read') return known.read
  return right === 'write' ? known.write : `${known.read}; ${known.write.toLowerCase()}`
}
