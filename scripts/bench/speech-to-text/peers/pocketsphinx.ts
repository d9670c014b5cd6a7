import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface PeerClip {
  text: string
  cpuSeconds: number
}

/** Why pocketsphinx cannot be run here; null where it can. */
export async function pocketsphinxMissing(weights: string): Promise<string | null> {
  if (!existsSync(modelsIn(weights))) return `no acoustic model in ${modelsIn(weights)}`
  const answer = await run('sh', ['-c', 'command -v pocketsphinx_continuous']).catch(() => null)
  return answer ? null : 'not on this machine (Debian: apt-get install pocketsphinx)'
}

const modelsIn = (weights: string) => join(weights, 'asr/pocketsphinx')

/**
 * The floor: CMU Sphinx with its small English model, as Debian packages it.
 * @param wav 16 kHz mono, 16 bits.
 */
export async function transcribeWithPocketsphinx(wav: string, weights: string): Promise<PeerClip> {
  const models = modelsIn(weights)
  const program = [
    'pocketsphinx_continuous',
    ...['-hmm', join(models, 'en-us/en-us'), '-dict', join(models, 'en-us/cmudict-en-us.dict')],
    ...['-lm', join(models, 'swb.lm.lower.bin'), '-infile', wav, '-logfn', '/dev/null'],
  ]
  // The shell's own stop-watch gives the CPU time of what it has run.
  const { stdout, stderr } = await run('bash', ['-c', 'TIMEFORMAT="%U %S"; time "$@"', 'bash', ...program], {
    maxBuffer: 4 * 1024 * 1024,
  })
  const [user = 0, system = 0] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number)
  return { text: stdout.replaceAll(/\s+/g, ' ').trim(), cpuSeconds: user + system }
}
