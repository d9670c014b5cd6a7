import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { BenchSpeaker } from '../speakers'

const run = promisify(execFile)

/** Programs that say a text into a WAV file, started once a text as people use them. */
const programs: { name: string; program: string; args(text: string, file: string): string[] }[] = [
  { name: 'espeak-ng', program: 'espeak-ng', args: (text, file) => ['-v', 'en-us', '-w', file, text] },
  { name: 'flite slt', program: 'flite', args: (text, file) => ['-voice', 'slt', '-t', text, '-o', file] },
]

export async function programSpeakers(): Promise<BenchSpeaker[]> {
  return Promise.all(
    programs.map(async ({ name, program, args }): Promise<BenchSpeaker> => {
      const found = await run('sh', ['-c', `command -v ${program}`]).catch(() => null)
      return {
        name,
        missing: found ? null : `not on this machine (Debian: apt-get install ${program})`,
        async speak(texts, folder) {
          const files: string[] = []
          let cpuSeconds = 0
          let peakMb = 0
          for (const [index, text] of texts.entries()) {
            const file = join(folder, `${index}.wav`)
            const used = await measured([program, ...args(text, file)])
            cpuSeconds += used.cpuSeconds
            peakMb = Math.max(peakMb, used.peakMb)
            files.push(file)
          }
          return { files, cpuSeconds, peakMb }
        },
      }
    }),
  )
}

/** By the kernel's own account of the process. */
async function measured(command: string[]): Promise<{ cpuSeconds: number; peakMb: number }> {
  const { stderr } = await run('/usr/bin/time', ['-f', '%U %S %M', ...command])
  const [user = 0, system = 0, kilobytes = 0] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number)
  return { cpuSeconds: user + system, peakMb: kilobytes / 1024 }
}
