import type { Setting } from '../../src/config/schema'

const heading = `# Every setting of Timbre. None is needed: nothing set = one process with everything embedded.
# Copy this file to .env, or set the variables in the environment, which wins.
# Written by "npm run settings" from src/config/schema.ts.
`

/** The text of `.env.example`: settings by group, each described, commented out, with what holds when it is not set. */
export function renderEnvExample(settings: Record<string, Setting>): string {
  const groups = [...new Set(Object.values(settings).map(({ group }) => group))]
  const sections = groups.map((group) => {
    const ofGroup = Object.entries(settings).filter(([, setting]) => setting.group === group)
    return [`# ${group}`, '', ...ofGroup.map(([name, setting]) => renderSetting(name, setting))].join('\n')
  })
  return [heading, ...sections].join('\n')
}

function renderSetting(name: string, { description, fallback, schema }: Setting): string {
  // A fallback that is a value of the setting can stand there as one; words cannot.
  const isValue = schema.safeParse(fallback).success && !fallback.includes(' ') && fallback !== 'none'
  const lines = [`# ${description}`]
  if (!isValue) lines.push(`# Not set: ${fallback}.`)
  lines.push(`#${name}=${isValue ? fallback : ''}`, '')
  return lines.join('\n')
}

/** README.md with the table of settings between its two markers. */
export function renderReadme(readme: string, settings: Record<string, Setting>): string {
  const rows = Object.entries(settings).map(
    ([name, { description, fallback }]) => `| \`${name}\` | ${description} | ${fallback} |`,
  )
  const table = ['| setting | what it says | not set |', '|---|---|---|', ...rows].join('\n')
  return readme.replace(/(<!-- settings -->\n)[^]*(<!-- \/settings -->)/, `$1\n${table}\n\n$2`)
}
